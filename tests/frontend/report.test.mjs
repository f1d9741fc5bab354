import assert from "node:assert/strict";
import test from "node:test";

import { partsOf } from "../../custom_components/god_kaiser/frontend/controllers/report.js";

test("a report becomes texts, titles and lists, without the name that stands above it", () => {
  const written =
    "# Watering\n\n–\n\nRun r1: **failed**. Devices: Tent.\n\n## Steps\n\n- main / 1: failed, 60 s\n- main / 2: skipped, 0 s\n\n## Problems\n\n–";
  assert.deepEqual(partsOf(written), [
    { kind: "text", text: "Run r1: failed. Devices: Tent." },
    { kind: "title", text: "Steps" },
    { kind: "list", items: ["main / 1: failed, 60 s", "main / 2: skipped, 0 s"] },
    { kind: "title", text: "Problems" },
    { kind: "text", text: "–" },
  ]);
});

test("a description is a text of its own", () => {
  assert.deepEqual(partsOf("# Watering\n\nWaters the herbs"), [{ kind: "text", text: "Waters the herbs" }]);
});

test("what begins like a list and is none is a text", () => {
  assert.deepEqual(partsOf("- a\nb"), [{ kind: "text", text: "- a\nb" }]);
});
