"""What each operator of a plain graph is in MXNet: a function of values and node, which puts its outputs."""

from tasks.artifacts.zoo.formats.mx import elements, places, recurrent, sums, windows

OPERATORS = {
    **elements.OPERATORS,
    **sums.OPERATORS,
    **places.OPERATORS,
    **windows.OPERATORS,
    **recurrent.OPERATORS,
}
