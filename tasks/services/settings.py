"""The environment in which Prefect, Ray, and MLflow are used; applied before any of them is imported."""

import os
import secrets
from pathlib import Path

from tasks import ROOT

STATE = Path(os.environ.get("TOUCHSTONE_STATE") or ROOT / ".touchstone")
HOME = STATE / "prefect"
FOLDER = STATE / "services"
RAY_LOOKS_MS = {  # what Ray looks at several times a second, and by itself would report every few
    "memory_monitor_refresh": 5000,
    "kill_idle_workers_interval": 2000,
    "object_manager_timer_freq": 1000,
    "local_fs_monitor_interval": 5000,
    "core_worker_internal_heartbeat": 5000,
    "task_events_report_interval": 5000,
    "io_context_monitor_probe_interval": 10000,
    "event_stats_print_interval": 600000,
    "report_worker_backlog_interval": 5000,
    "raylet_check_for_unexpected_worker_disconnect_interval": 2000,
    "metrics_report_interval": 60000,
}
DEFAULTS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    # What looks every few seconds for what we hardly have works beside what is timed.
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "30",
    "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT60S",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "300",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "300",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",  # our sentences are the console; Prefect's log is in its UI
    "PREFECT_LOGGING_LEVEL": "INFO",
    "PREFECT_LOGGING_INTERNAL_LEVEL": "CRITICAL",
    "PREFECT_API_REQUEST_TIMEOUT": "20",  # seconds: a network that is cut says nothing
    "PREFECT_CLIENT_MAX_RETRIES": "3",  # after 2, 4, and 8 s: a server that is started again is met
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_AUTO_CONNECT": "0",  # a call after the end must not start a cluster of its own
    "RAY_AUTH_MODE": "token",
    **{f"RAY_{name}_ms": str(ms) for name, ms in RAY_LOOKS_MS.items()},
    "RAY_raylet_report_resources_period_milliseconds": "1000",
    "RAY_raylet_death_check_interval_milliseconds": "2000",
    "RAY_free_objects_period_milliseconds": "5000",
    "RAY_object_manager_rpc_threads_num": "1",
    "RAY_raylet_check_gc_period_milliseconds": "2000",
    "RAY_gcs_pull_resource_loads_period_milliseconds": "5000",
    "RAY_grpc_client_check_connection_status_interval_milliseconds": "5000",
    "RAY_worker_niceness": "0",  # else Ray, and with it the process that is measured, gives way to everything else
    "GRPC_ENABLE_FORK_SUPPORT": "0",  # Ray forks and executes; gRPC's own part in it kills one client server of fifty
    "RAY_CLIENT_INITIAL_CONNECTION_TIMEOUT_S": "3",  # three tries, where a wrong token and a wrong port look the same
    "RAY_CLIENT_MAX_CONNECTION_TIMEOUT_S": "3",
    "RAY_CLIENT_RECONNECT_GRACE_PERIOD": "10",  # a killed driver's calls end after so many seconds
}


def apply() -> None:
    """Set what the user has not set."""
    for name, value in {**DEFAULTS, "PREFECT_HOME": str(HOME)}.items():
        os.environ.setdefault(name, value)
    if "RAY_AUTH_TOKEN" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN_PATH", str(ray_token()))


def ray_token() -> Path:
    """The file with Ray's token, made once per user and readable by nobody else."""
    path = Path(os.environ.get("TOUCHSTONE_CACHE") or Path.home() / ".cache" / "touchstone") / "ray-token"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        os.replace(partial, path)
    return path
