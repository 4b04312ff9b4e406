"""All that was measured: every run, medians of them, and the limits."""
import csv
import statistics

RUN_FIELDS = ("set", "place", "direction", "program", "round", "content_bytes", "wall_s", "user_s", "system_s",
              "peak_kib", "peak_sum_kib", "output_bytes")
GROWTH_FIELDS = ("curve", "x", "program", "place", "round", "wall_s", "user_s", "system_s", "peak_kib",
                 "peak_sum_kib")
PRIMITIVE_FIELDS = ("set", "cores", "primitive", "round", "bytes_per_s")


class Line:
    """The runs of one program on one data set, timed ones and the first."""

    def __init__(self, content):
        self.content, self.walls, self.cpus = content, [], []
        self.peak = self.peak_sum = None
        self.output = 0

    @property
    def wall(self):
        return statistics.median(self.walls)

    @property
    def cpu(self):
        return statistics.median(self.cpus)

    @property
    def rate(self):
        return self.content / self.wall

    def add(self, cost, timed):
        if cost.peak is not None:
            self.peak = max(cost.peak, self.peak or 0)
            self.peak_sum = max(cost.peak_sum, self.peak_sum or 0)
        if timed:
            self.walls.append(cost.wall)
            self.cpus.append(cost.cpu)


def limit(rates, shares, direction):
    """Bytes of content a second, if each of the primitives' rates were all there is to do.

    Of each byte of content, `left` remain after compression and `shrinks` has to go through zstd.
    It is hashed, packed, encrypted, and copied once on its way in and once on its way out; what is
    unsealed is hashed twice, as it came and as it comes out.
    """
    shrinks, left = shares["shrinks"], shares["left"]
    if direction == "seal":
        seconds = 1 / rates["sha256"] + left / rates["chacha"]
        zstd = "zstd"
    else:
        seconds = (1 + left) / rates["sha256"] + left / rates["chacha"]
        zstd = "unzstd"
    if shrinks > 0:
        seconds += shrinks / rates[zstd]
    return 1 / (seconds + (1 + left) / rates["copy"])


class Results:
    def __init__(self):
        self.about = []       # (what, value)
        self.lines = {}       # (set, place, direction, program): Line
        self.runs = []        # rows for results.csv
        self.growth = []      # rows for growth.csv
        self.primitives = {}  # (set, cores, name): [rate]
        self.primitive_rows = []
        self.contents = {}    # set: (bytes, files)
        self.facts = {}       # single figures
        self.notes = []       # what was left out, and why

    def add_run(self, where, round_, content, cost, output):
        line = self.lines.setdefault(where, Line(content))
        # The first run is there to warm up and to look at memory.
        line.add(cost, round_ > 0)
        line.output = output
        self.runs.append((*where, round_, content, f"{cost.wall:.6f}", f"{cost.user:.6f}", f"{cost.system:.6f}",
                          cost.peak or "", cost.peak_sum or "", output))

    def add_growth(self, curve, x, program, place, round_, cost):
        self.growth.append((curve, x, program, place, round_, f"{cost.wall:.6f}", f"{cost.user:.6f}",
                            f"{cost.system:.6f}", cost.peak or "", cost.peak_sum or ""))

    def add_primitive(self, set_, cores, name, round_, rate):
        self.primitives.setdefault((set_, cores, name), []).append(rate)
        self.primitive_rows.append((set_, cores, name, round_, rate))

    def rate_of(self, set_, cores, name):
        values = self.primitives.get((set_, cores, name))
        return statistics.median(values) if values else None

    def limit_of(self, set_, cores, direction):
        names = {n for s, c, n in self.primitives if s == set_ and c == cores}
        if not names:
            return None
        rates = {n: self.rate_of(set_, cores, n) for n in names}
        return limit(rates, rates, direction)

    def growth_points(self, curve, program, column):
        """x and the median of a column."""
        at = GROWTH_FIELDS.index(column)
        found = {}
        for row in self.growth:
            if row[0] == curve and row[2] == program and row[at] != "":
                found.setdefault(row[1], []).append(float(row[at]))
        return sorted((x, statistics.median(values)) for x, values in found.items())

    def write_csv(self, folder):
        for name, fields, rows in (("results.csv", RUN_FIELDS, self.runs), ("growth.csv", GROWTH_FIELDS, self.growth),
                                   ("primitives.csv", PRIMITIVE_FIELDS, self.primitive_rows)):
            with open(f"{folder}/{name}", "w", encoding="utf-8", newline="") as f:
                for what, value in self.about:
                    f.write(f"# {what}: {value}\n")
                writer = csv.writer(f, lineterminator="\n")
                writer.writerow(fields)
                writer.writerows(rows)
