import assert from "node:assert/strict";
import test from "node:test";
import { KeptDrafts } from "../../custom_components/god_kaiser/frontend/controllers/kept-drafts.js";

function shelf() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, text) => void kept.set(key, text),
    removeItem: (key) => void kept.delete(key),
  };
}

test("a draft is found again until it is dropped, by its owner only", () => {
  const board = shelf();
  const drafts = new KeptDrafts(board, "eve");
  drafts.keep("hub/bed", { name: "Bed" });
  assert.deepEqual(new KeptDrafts(board, "eve").find("hub/bed"), { name: "Bed" });
  assert.equal(new KeptDrafts(board, "sam").find("hub/bed"), null);
  drafts.drop("hub/bed");
  assert.equal(drafts.find("hub/bed"), null);
});

test("a browser that keeps nothing, or something else, does no harm", () => {
  const full = {
    ...shelf(),
    getItem: () => "{",
    setItem: () => {
      throw new Error("full");
    },
  };
  const drafts = new KeptDrafts(full, "eve");
  drafts.keep("hub/bed", {});
  assert.equal(drafts.find("hub/bed"), null);
});
