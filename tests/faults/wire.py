"""A driver with a network of its own: its Prefect, Ray, and MLflow are reached over a cable that can be pulled.

Two network namespaces, one of the servers and one of the driver, joined by a veth pair; needs root and `ip`. A bridge
on the servers' side lets this machine ask them too, so that several such pairs stand beside each other.
"""

import os
import secrets
import subprocess
import sys
from itertools import count
from pathlib import Path

from tasks.services import settings
from tasks.services.children import answers
from tests.faults.ground import Ground, until

POSSIBLE = subprocess.run("ip netns add ts-try && ip netns del ts-try", shell=True, capture_output=True).returncode == 0
PORTS = {"prefect": 4210, "ray": 6390, "client": 6391, "mlflow": 5010}
_numbers = count(os.getpid() % 200)


class Wire:
    """The cable of one ground, and the servers at its near end."""

    def __init__(self, ground: Ground) -> None:
        built = ground.python("flows.software", "build", "onnxruntime")
        assert built.returncode == 0, built.stderr
        ground.env["UV_OFFLINE"] = "1"  # the index is on no cable; what is built anew comes from the installer's cache
        n = next(_numbers) % 250
        self.servers, self.driver, self.near = f"ts{n}s", f"ts{n}d", f"10.77.{n}.1"
        for name in (self.servers, self.driver):
            _ip(f"netns add {name}")
            _ip(f"-n {name} link set lo up")
        _ip(f"-n {self.servers} link add bridge type bridge")
        _ip(f"-n {self.servers} link add cable type veth peer name end netns {self.driver}")
        _ip(f"link add ts{n} type veth peer name here netns {self.servers}")
        for port in ("cable", "here"):
            _ip(f"-n {self.servers} link set {port} master bridge up")
        for at, link, address in (
            (["-n", self.servers], "bridge", self.near),
            (["-n", self.driver], "end", f"10.77.{n}.2"),
            ([], f"ts{n}", f"10.77.{n}.3"),
        ):
            _ip(f"{' '.join(at)} addr add {address}/24 dev {link}")
            _ip(f"{' '.join(at)} link set {link} up")
        ground.within = ["ip", "netns", "exec", self.servers]
        self._serve(ground)
        ground.within = ["ip", "netns", "exec", self.driver]
        ground.env |= {
            "PREFECT_API_URL": f"http://{self.near}:{PORTS['prefect']}/api",
            "RAY_ADDRESS": f"ray://{self.near}:{PORTS['client']}",
            "MLFLOW_TRACKING_URI": f"http://{self.near}:{PORTS['mlflow']}",
        }

    def _serve(self, ground: Ground) -> None:
        """Prefect, Ray, and MLflow, as a team would have them on another machine."""
        token = ground.cache / "ray-token"
        token.write_text(secrets.token_hex(32))
        ground.experiment()
        home = ground.clone / ".touchstone" / "prefect"
        home.mkdir(parents=True)
        ground.env |= {"RAY_AUTH_TOKEN_PATH": str(token), "PREFECT_HOME": str(home)}
        env = {**ground.env, **settings.DEFAULTS, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        ray = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block", f"--port={PORTS['ray']}"]
        ray += [f"--node-ip-address={self.near}", f"--ray-client-server-port={PORTS['client']}"]
        prefect = ("prefect", "server", "start", "--host", self.near, "--port", str(PORTS["prefect"]))
        mlflow = ("mlflow", "server", "--host", self.near, "--port", str(PORTS["mlflow"]), "--workers", "1")
        log = (ground.temp / "servers.log").open("a")
        shape = {"cwd": ground.clone, "env": env, "stdout": log, "stderr": log, "start_new_session": True}
        ray = [*ground.within, *ray]
        subprocess.Popen([*ray, "--include-dashboard=false", "--object-store-memory=268435456"], **shape)  # type: ignore[call-overload]
        for words in (prefect, (*mlflow, "--backend-store-uri", ground.store, "--allowed-hosts", "*")):
            ground.begin(*words, env=env, stdout=log, stderr=log)
        assert until(lambda: answers(f"http://{self.near}:{PORTS['prefect']}/api/health"), 240), "Prefect did not start"
        assert until(lambda: answers(f"http://{self.near}:{PORTS['mlflow']}/health"), 240), "MLflow did not start"
        started = "Ray runtime started"
        assert until(lambda: started in (ground.temp / "servers.log").read_text(), 240), "Ray did not start"

    def cut(self) -> None:
        """Nothing passes, and nobody says so."""
        _ip(f"-n {self.servers} link set cable down")

    def join(self) -> None:
        """As before."""
        _ip(f"-n {self.servers} link set cable up")

    def end(self) -> None:
        """Without the namespaces their links are gone too."""
        for name in (self.servers, self.driver):
            subprocess.run(["ip", "netns", "del", name], check=False)


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)
