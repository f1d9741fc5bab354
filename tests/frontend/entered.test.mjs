import assert from "node:assert/strict";
import test from "node:test";
import {
  entered,
  enteredLines,
  shown,
  shownLines,
} from "../../custom_components/god_kaiser/frontend/controllers/entered.js";

const as = (shape, text) => entered({ shape }, text);

test("numbers become numbers where there may be some, also with a comma", () => {
  for (const shape of ["number", "whole", "number_or_text", "value", "any"]) assert.equal(as(shape, " 1,5 "), 1.5);
  assert.equal(as("text", "1,5"), "1,5");
});

test("what is no number is handed on, so that the server can say what is wrong", () => {
  assert.equal(as("number", "much"), "much");
  assert.equal(as("number_or_text", "{{ minutes }}"), "{{ minutes }}");
});

test("an empty field is no value", () => {
  assert.equal(as("text", ""), undefined);
  assert.equal(as("number", "  "), undefined);
});

test("where anything may be, words for programs are what they say, and broken ones are text", () => {
  assert.equal(as("value", "true"), true);
  assert.equal(as("value", '"5"'), "5");
  assert.deepEqual(as("any", "[1, 2]"), [1, 2]);
  assert.equal(as("any", "{a: 1}"), "{a: 1}");
});

test("what is shown means what was there", () => {
  for (const value of [0, -1.5, true, false, "5", "true", "null", "word", '"quoted"', "[", "{{ a }}", "1,5"]) {
    assert.deepEqual(as("value", shown({ shape: "value" }, value)), value);
  }
  for (const value of [null, { a: [1] }, ["x"], "{{ a }}"]) {
    assert.deepEqual(as("any", shown({ shape: "any" }, value)), value);
  }
  assert.equal(shown({ shape: "text" }, undefined), "");
  assert.equal(shown({ shape: "value" }, null), "");
  assert.equal(shown({ shape: "text" }, "5"), "5");
});

test("a list is one line for each of its values", () => {
  const shape = { shape: "number_or_text" };
  assert.deepEqual(enteredLines(shape, "1\n\nnorth\n 2,5 "), [1, "north", 2.5]);
  assert.equal(shownLines(shape, [1, "north"]), "1\nnorth");
  assert.equal(shownLines(shape, undefined), "");
});
