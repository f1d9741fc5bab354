/** Where in a definition something stands, as the server says it: by the names that people count by, or as a path. */

/** @import { Definition } from "../types.js" */

/** @typedef {{node: Definition, of: string, places: string[]}} Placed A part, and all ways to say where it is. */

/**
 * @param {Definition} definition
 * @returns {Generator<Placed>}
 */
export function* placed(definition) {
  for (const table of ["roles", "variables"]) {
    for (const [name, node] of Object.entries(definition[table] ?? {})) {
      yield { node, of: table.slice(0, -1), places: [`${table} / ${name}`] };
    }
  }
  for (const [index, phase] of (definition.phases ?? []).entries()) {
    const ways = [String(phase.name ?? ""), String(index + 1)].filter(Boolean);
    yield { node: phase, of: "phase", places: [...ways, `phases / ${index + 1}`] };
    yield* stepsIn(phase.steps, ways, `phases / ${index + 1} / steps`);
  }
  yield* stepsIn(definition.finally, ["finally"], "finally");
}

/**
 * @param {Definition[]|undefined} steps
 * @param {string[]} ways
 * @param {string} path
 * @returns {Generator<Placed>}
 */
function* stepsIn(steps, ways, path) {
  for (const [index, step] of (steps ?? []).entries()) {
    const here = ways.map((way) => `${way} / ${index + 1}${step.name ? ` ${step.name}` : ""}`);
    const own = `${path} / ${index + 1}`;
    yield { node: step, of: "step", places: [...here, own] };
    for (const { list, names, name } of listsIn(step)) {
      const inside = here.flatMap((way) => names.map((each) => (each ? `${way} / ${each}` : way)));
      yield* stepsIn(list, inside, `${own} / ${name}`);
    }
  }
}

/**
 * @param {Definition} step
 * @returns {{list: Definition[], names: string[], name: string}[]} The lists that a step holds, and what they are called.
 */
function listsIn(step) {
  const branches = /** @type {Definition[][]} */ (step.branches ?? []);
  return [
    { list: step.then, names: ["then"], name: "then" },
    { list: step.otherwise, names: ["otherwise"], name: "otherwise" },
    { list: step.steps, names: ["repeat", ""], name: "steps" },
    ...branches.map((list, index) => ({ list, names: [`branch ${index + 1}`], name: `branches / ${index + 1}` })),
  ];
}

/**
 * Return the innermost part that a place lies in, or nothing where it is nowhere in particular.
 *
 * @param {Definition} definition
 * @param {string} place
 * @returns {Definition|null}
 */
export function nodeAt(definition, place) {
  let [found, longest] = [/** @type {Definition|null} */ (null), 0];
  for (const { node, places } of placed(definition)) {
    for (const way of places) {
      const isIn = place === way || place.startsWith(`${way} / `);
      if (isIn && way.length > longest) [found, longest] = [node, way.length];
    }
  }
  return found;
}
