"""One line of the table that `make bench` prints."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """`figure` is a ratio, or what `unit` says; `bar` and `aim` as the design names them; `about`: what it was made from."""

    name: str
    figure: float
    bar: str
    aim: str
    about: str
    met: bool
    unit: str = ""

    def __str__(self) -> str:
        figure = f"{self.figure:.3g}{self.unit}"
        verdict = "ok" if self.met else "MISSED"
        return f"{self.name:<24} {figure:>10}  bar {self.bar:<10} aim {self.aim:<6} {verdict:<7} {self.about}"
