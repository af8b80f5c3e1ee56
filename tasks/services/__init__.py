"""Prefect, Ray, and MLflow's UI on this machine: started when first needed, up for the next run, ended when idle.

`local` is what a flow asks; `keeper` is the process that starts, revives, and ends them; `known` is what both read.
Nothing here imports Prefect before its settings stand in the environment.
"""
