import assert from "node:assert/strict";
import test from "node:test";
import { spelledNumber } from "../../custom_components/god_kaiser/frontend/controllers/numbers.js";

test("a number is written as in the language of the person, or as was chosen", () => {
  assert.equal(spelledNumber(7.25, "de", "language"), "7,25");
  assert.equal(spelledNumber(7.25, "en", undefined), "7.25");
  assert.equal(spelledNumber(7.25, "en", "decimal_comma"), "7,25");
  assert.equal(spelledNumber(12345.5, "de", "comma_decimal"), "12,345.5");
  assert.equal(spelledNumber(12345.5, "de", "none"), "12345.5");
  assert.equal(spelledNumber(1, "de", "system", 2).length, 4);
});

test("a code of four digits is not torn apart", () => {
  assert.equal(spelledNumber(5631, "de", "language"), "5631");
  assert.equal(spelledNumber(56310, "de", "language"), "56.310");
});

test("it has as many decimals as are wanted, and no more than mean something", () => {
  assert.equal(spelledNumber(0.1, "en", "language", 2), "0.10");
  assert.equal(spelledNumber(0.1 + 0.2, "en", "language"), "0.3");
});
