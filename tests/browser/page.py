"""One window of a headless Chromium. Whatever is looked for is waited for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.services.test_keeper import until

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1600,1000"),
)
PATIENCE_S = 60.0


class Page:
    """What someone sees and does. Raises AssertionError with the page's text when something is not there in time."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get("about:blank")  # an address that differs behind # alone would not load anew
        self.driver.get(url)

    def shows(self, *texts: str, seconds: float = PATIENCE_S) -> None:
        """Each text is on the page."""
        try:
            until(lambda: all(text in self.text for text in texts), f"{texts} on {self.driver.current_url}", seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows: {self.text[:2000]}") from None

    @property
    def text(self) -> str:
        found = self.driver.execute_script("return document.body ? document.body.innerText : ''")
        return str(found)

    def first(self, css: str, text: str = "", seconds: float = PATIENCE_S) -> Any:
        """The first element of a selector, with that text, once it is there."""
        found: list[Any] = until(lambda: self.all(css, text), f"{css} «{text}» is on the page", seconds)
        return found[0]

    def all(self, css: str, text: str = "") -> list[Any]:
        """What is there now, by the text that can be seen."""
        script = "return [...document.querySelectorAll(arguments[0])].filter(e => e.innerText.includes(arguments[1]))"
        return list(self.driver.execute_script(script, css, text))

    def click(self, css: str, text: str = "", seconds: float = PATIENCE_S) -> None:
        """Press it, once it is there and nothing that moves lies over it."""
        self.first(css, text, seconds)
        until(lambda: self._pressed(css, text), f"«{text}» can be pressed", PATIENCE_S)

    def _pressed(self, css: str, text: str) -> bool:
        from selenium.common.exceptions import WebDriverException

        try:
            self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", self.first(css, text))
            self.first(css, text).click()
        except WebDriverException:
            return False
        return True


@contextmanager
def window(profile: Path) -> Iterator[Page]:
    """A fresh browser; the folder holds its profile."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield Page(driver)
    finally:
        driver.quit()


def missing() -> str:
    """What is not installed, or nothing."""
    return "" if CHROMIUM and DRIVER else f"{'chromedriver' if CHROMIUM else 'Chromium'} is not installed"
