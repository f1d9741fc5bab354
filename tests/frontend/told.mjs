// What the server would tell, written down by test_controllers.py.

import { readFileSync } from "node:fs";

const told = JSON.parse(readFileSync(process.env.TOLD, "utf-8"));

export const CATALOG = told.catalog;
export const EXAMPLES = Object.entries(told.examples);
export const example = (name) => structuredClone(told.examples[name]);
