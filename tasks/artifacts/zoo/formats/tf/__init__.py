"""What each operator of a plain graph is in TensorFlow: a function of values and node, which puts its outputs."""

from tasks.artifacts.zoo.formats.tf import elements, places, recurrent, sums, windows

OPERATORS = {
    **elements.OPERATORS,
    **sums.OPERATORS,
    **places.OPERATORS,
    **windows.OPERATORS,
    **recurrent.OPERATORS,
}
