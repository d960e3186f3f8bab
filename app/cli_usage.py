"""Wrong usage and the system's own refusals in Vietnamese: Typer and the operating system say them in English."""

import errno
import re
from collections.abc import Sequence

# Pattern of Typer's sentence → ours; {0}, {1} are the pattern's groups. One that is new to us is told as it is.
_USAGE: Sequence[tuple[str, str]] = (
    (r"No such command '(.*?)'\. Did you mean (.*)\?", "Không có lệnh “{0}”; có phải là {1}?"),
    (r"No such command '(.*)'\.", "Không có lệnh “{0}”."),
    (r"Missing command\.", "Thiếu tên lệnh."),
    (r"No such option: (\S+) \(Possible options: (.*)\)", "Không có tùy chọn {0}; có phải là {1}?"),
    (r"No such option: (\S+)", "Không có tùy chọn {0}."),
    (r"Option '(.*)' requires .*", "Tùy chọn {0} phải có giá trị theo sau."),
    (r"Option '(.*)' does not take a value\.", "Tùy chọn {0} không nhận giá trị."),
    (r"Got unexpected extra argument\(?s?\)? \((.*)\)", "Thừa: {0}."),
    (r"Missing (?:option|argument|parameter) '(.*?)'\.(?s:.*)", "Thiếu {0}."),
)
_VALUE = r"Invalid value(?: for '?(.*?)'?)?: (?s:(.*))"
_WHY_NOT: Sequence[tuple[str, str]] = (
    (r"(?:Value error, )?'(.*)' is not one of (.*)\.", "“{0}” không phải là một trong {1}"),
    (r".*should be a valid integer.*|.*is not a valid (?:integer|int).*", "phải là một số nguyên"),
    (r".*greater than or equal to (\S+).*", "phải từ {0} trở lên"),
    (r".*less than or equal to (\S+).*", "phải từ {0} trở xuống"),
)
_SYSTEM = {
    errno.ENOENT: "không có tệp hoặc thư mục này",
    errno.EACCES: "không được phép",
    errno.EPERM: "không được phép",
    errno.EISDIR: "đó là một thư mục",
    errno.ENOTDIR: "một phần của đường dẫn không phải là thư mục",
    errno.EEXIST: "đã có sẵn",
    errno.ENOSPC: "đĩa đã đầy",
    errno.EROFS: "đĩa chỉ cho đọc",
}


def usage_in_words(sentence: str, command: str) -> str:
    """What is wrong with a command line, from Typer's `sentence` about it, and where its help is (`command`: "hotline people")."""
    return f"{_wrong(sentence, 'people' in command.split())}\nXem cách dùng: {command} --help"


def system_in_words(error: OSError) -> str:
    """What the operating system refused, without a full stop; an unusual refusal in its own words."""
    return _SYSTEM.get(error.errno or 0) or error.strerror or type(error).__name__


def _wrong(sentence: str, of_people: bool) -> str:
    value = re.fullmatch(_VALUE, sentence)
    if value is None:
        return _said(_USAGE, sentence) or f"Lệnh viết chưa đúng: {sentence}"
    if of_people and value[1] == "ID":
        return "ID là mã số của một người, không phải tên: tìm ở cột đầu của hotline people list."
    why = _said(_WHY_NOT, value[2]) or value[2].removeprefix("Value error, ").rstrip(".")
    return f"{value[1] or 'Giá trị'}: {why}."


def _said(patterns: Sequence[tuple[str, str]], sentence: str) -> str | None:
    for pattern, words in patterns:
        if found := re.fullmatch(pattern, sentence):
            return words.format(*found.groups())
    return None
