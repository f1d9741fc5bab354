import assert from "node:assert/strict";
import test from "node:test";
import { entitiesOf, outputsOf } from "../../custom_components/god_kaiser/frontend/controllers/entities.js";

test("outputs are the entities of outputs, neither those of sequences nor those of others", () => {
  const entities = {
    "switch.pump": { platform: "god_kaiser", translation_key: "pump" },
    "valve.bed": { platform: "god_kaiser", translation_key: "valve" },
    "switch.watering_pause": { platform: "god_kaiser", translation_key: "sequence_pause" },
    "sensor.runs": { platform: "god_kaiser", translation_key: "pump" },
    "switch.lamp": { platform: "hue", translation_key: "pump" },
  };
  const named = (friendly_name) => ({ attributes: { friendly_name } });
  const states = { ...Object.fromEntries(Object.keys(entities).map((id) => [id, named(`Z ${id}`)])) };
  states["valve.bed"] = named("A bed");
  assert.deepEqual(outputsOf({ entities, states }), [
    { id: "valve.bed", name: "A bed" },
    { id: "switch.pump", name: "Z switch.pump" },
  ]);
});

test("entities are found by their domain, also without a name; without Home Assistant there are none", () => {
  const states = { "light.b": { attributes: {} }, "light.a": { attributes: { friendly_name: "Z" } }, "fan.c": { attributes: {} } };
  assert.deepEqual(entitiesOf({ states }, "light").map(({ id }) => id), ["light.b", "light.a"]);
  assert.deepEqual([entitiesOf({ states }).length, entitiesOf(null), outputsOf(null)], [3, [], []]);
});
