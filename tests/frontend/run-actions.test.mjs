import assert from "node:assert/strict";
import test from "node:test";
import { actionOf, possible } from "../../custom_components/god_kaiser/frontend/controllers/run-actions.js";

const offered = (status) => possible({ status, may_control: true });

test("each status offers what can be done then", () => {
  assert.deepEqual(offered("running"), ["pause", "hold", "cancel"]);
  assert.deepEqual(offered("paused"), ["resume", "cancel"]);
  assert.deepEqual(offered("held"), ["resume", "pause", "cancel"]);
  assert.deepEqual(offered("interrupted"), ["resume", "cancel"]);
  assert.deepEqual(offered("timed_out"), ["retry"]);
  assert.deepEqual(offered("completed"), []);
});

test("who may not control a run is offered nothing, and an unknown status neither", () => {
  assert.deepEqual(possible({ status: "running", may_control: false }), []);
  assert.deepEqual(offered("something new"), []);
});

test("every offer is an action", () => {
  assert.deepEqual(
    ["pause", "hold", "resume", "cancel", "retry"].map(actionOf),
    ["pause_sequence", "hold_sequence", "resume_sequence", "cancel_sequence", "retry_sequence"],
  );
});
