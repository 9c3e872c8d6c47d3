"""The faster of several runs of one rival: JSON objects line by line in, the least of each number out.

    openblas | python3 Benchmarks/faster.py
"""

import json
import sys


def main():
    runs = [json.loads(line) for line in sys.stdin if line.strip()]
    best = dict(runs[0])
    for run in runs[1:]:
        for key, value in run.items():
            if not isinstance(value, str):
                best[key] = min(best[key], value)
    print(json.dumps(best))


if __name__ == "__main__":
    main()
