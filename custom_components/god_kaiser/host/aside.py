"""Files that cannot be used are moved out of the way, so that nothing writes over them."""

from pathlib import Path


def aside_of(path: Path) -> Path:
    """Return where a file lies that was moved out of the way."""
    return Path(f"{path}.unreadable")


def move_aside(path: Path) -> None:
    """Move a file, or a folder that lies in its place, out of the way; an older one that was set aside goes."""
    aside = aside_of(path)
    if path.is_dir() or aside.is_dir() or not path.exists():
        discard(aside)
    if path.exists():
        path.replace(aside)


def discard(path: Path) -> None:
    """Delete a file, or a folder in which there is nothing."""
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
