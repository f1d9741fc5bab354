import assert from "node:assert/strict";
import test from "node:test";
import { journalAt, writtenAt } from "../../custom_components/god_kaiser/frontend/controllers/address.js";

test("an address tells the hub and the sequence that is written", () => {
  assert.deepEqual(writtenAt("/sequences/edit/hub1/w%C3%A4sser%2Fn"), { hub: "hub1", sequence: "wässer/n" });
  assert.deepEqual(writtenAt("/sequences/new/hub1"), { hub: "hub1", sequence: "" });
});

test("at every other address nothing is written", () => {
  const others = ["", "/", "/runs", "/sequences", "/sequences/new/", "/sequences/show/hub1", "/runs/edit/hub1"];
  for (const path of [...others, "/sequences/new"]) {
    assert.equal(writtenAt(path), null, path);
  }
});

test("an address that cannot be read asks for nothing", () => {
  for (const path of ["/%E0", "/%", "/sequences/edit/%E0", "/sequences/edit/hub1/%E0%A4%A"]) {
    assert.equal(writtenAt(path), null, path);
  }
});

test("the events of a run have an address of their own", () => {
  assert.deepEqual(journalAt("/journal/hub/r%201"), { hub: "hub", run: "r 1" });
  for (const path of ["/journal", "/journal/hub", "/runs/hub/r1", "/journal/%/r1"]) assert.equal(journalAt(path), null);
});
