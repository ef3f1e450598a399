"""`dfe doctor`: what this machine has, and what works on it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Doctor:
    """Check the installation: versions, networks, tokenizer, a trial run, and what optional parts are there."""

    json: bool = False
    """Print the checks as JSON."""

    def run(self) -> int:
        """Run the checks, print them, return 1 if one that matters failed."""
        from dfe.encode.doctor import check_installation

        checks = check_installation()
        if self.json:
            print(json.dumps([asdict(check) for check in checks], indent=2, ensure_ascii=False))
        else:
            from rich.console import Console
            from rich.markup import escape

            console = Console(highlight=False)
            marks = {"ok": "[green]ok[/]     ", "absent": "[yellow]absent[/] ", "failed": "[red]failed[/] "}
            for check in checks:
                console.print(f"{marks[check.state]}{escape(check.name)}: {escape(check.detail)}")
        return 1 if any(check.state == "failed" for check in checks) else 0
