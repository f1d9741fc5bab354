/** What a definition may hold, as the server tells it: the fields of each object, and what a fresh one looks like. */

/** @import { CatalogField, Definition, ToldCatalog } from "../types.js" */

const NESTING = ["list", "table", "union"];

export class Catalog {
  #told;

  /** @param {ToldCatalog} told */
  constructor(told) {
    this.#told = told;
  }

  /** @param {string} of The name of an object, or of a union, whose kinds each have their own fields. */
  isUnion(of) {
    return of in this.#told.unions;
  }

  /** @param {string} of */
  kinds(of) {
    return Object.keys(this.#told.unions[of] ?? {});
  }

  /**
   * @param {string} of
   * @param {Definition} node
   * @returns {CatalogField[]} Fields that hold more than a value come last, lists after the others.
   */
  fields(of, node) {
    const fields = this.#told.objects[of] ?? this.#told.unions[of]?.[node.kind] ?? [];
    const weight = (/** @type {CatalogField} */ { shape: { shape } }) =>
      shape === "list" ? 2 : Number(NESTING.includes(shape));
    return [...fields].sort((one, other) => weight(one) - weight(other));
  }

  /**
   * Return what stands there before anybody has written anything; what people have to say is left out.
   *
   * @param {string} of
   * @param {string} [kind]
   * @returns {Definition}
   */
  fresh(of, kind = this.kinds(of)[0]) {
    /** @type {Definition} */
    const node = this.isUnion(of) ? { kind } : {};
    for (const { name, shape, is_required } of this.fields(of, node)) {
      if (!is_required) continue;
      if (shape.shape === "list") node[name] = shape.inner?.shape === "list" ? [[], []] : [];
      else if (shape.shape === "union") node[name] = this.fresh(shape.of ?? "");
      else if (shape.shape === "choice") node[name] = shape.choices?.[0];
    }
    return node;
  }

  /**
   * Return the names of the fields without which nothing works and that are empty, those of conditions inside too.
   *
   * @param {string} of
   * @param {Definition} node
   * @returns {string[]}
   */
  missing(of, node) {
    return this.fields(of, node).flatMap(({ name, shape, is_required }) => {
      const value = node[name];
      if (value === undefined || value === "") return is_required ? [name] : [];
      const inside = shape.inner ?? shape;
      if (inside.of !== "condition") return [];
      const parts = /** @type {Definition[]} */ (shape.inner ? value : [value]);
      return parts.flatMap((part) => this.missing("condition", part));
    });
  }
}
