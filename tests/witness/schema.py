"""The witness of the JSON Schema: the package `jsonschema`, with scenarios as PyYAML reads them.

    schema.py < CASES

The first line of CASES is the schema, which has to be one. Each other line is a JSON object with a scenario that seedbed takes: its
`name` and its `text`. Every finding is printed; the exit code is 1 when there is one.
"""

import json
import re
import sys

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match


class Core(yaml.SafeLoader):
    """YAML 1.2 as editors read it: `on` is a text, and so is a date; keys are always texts."""

    yaml_implicit_resolvers = {}

    def construct_mapping(self, node, deep=False):
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), first)
# Without the octal numbers of YAML 1.1.
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def main():
    schema = json.loads(sys.stdin.readline())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    cases, findings = 1, 0
    for line in sys.stdin:
        case = json.loads(line)
        error = best_match(validator.iter_errors(yaml.load(case["text"], Core)))
        cases += 1
        if error:
            findings += 1
            print(f"{case['name']}: {error.json_path}: {error.message[:400]}")
    print(f"{cases} cases")
    return 1 if findings or cases < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
