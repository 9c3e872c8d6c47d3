"""How busy the machine is with other work: percent of all processors over two seconds.

    python3 Benchmarks/quiet.py OUTPUT.json

Says so where it is more than a tenth: ratios are rough then, and the rest says little.
"""

import json
import sys
import time


def ticks():
    """Busy and all ticks of all processors since boot."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def main():
    before = ticks()
    time.sleep(2)
    busy, everything = (after - first for after, first in zip(ticks(), before))
    percent = round(100 * busy / max(everything, 1))
    with open(sys.argv[1], "w") as file:
        json.dump(percent, file)
    if percent > 10:
        print(f"other work takes {percent} % of the processors: times, rates and p99 will be "
              "worse than alone. TRY: again when the machine is idle")


if __name__ == "__main__":
    main()
