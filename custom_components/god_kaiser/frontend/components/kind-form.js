/** Any part of a definition as a form, drawn from the catalogue: a step, a condition, a phase, the whole. */

/** @import { Api } from "../api.js" */
/** @import { CatalogField, Definition } from "../types.js" */

import { css, html, nothing } from "../vendor/lit.js";
import { EditorPart } from "./editor-part.js";

export class KindForm extends EditorPart {
  static properties = { ...EditorPart.properties, without: { attribute: false } };

  static styles = [
    ...EditorPart.styles,
    css`
      .fields {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(210px, 100%), 1fr));
        gap: 0 16px;
        align-items: start;
      }
      .wide {
        grid-column: 1 / -1;
      }
      fieldset {
        margin: 8px 0;
        padding: 4px 12px 8px;
        border: 1px solid var(--divider-color, #e0e0e0);
        border-radius: 8px;
        min-width: 0;
      }
      legend {
        padding: 0 4px;
        font-weight: 500;
      }
      summary {
        cursor: pointer;
        padding: 8px 0;
        color: var(--secondary-text-color, #5f6368);
      }
    `,
  ];

  constructor() {
    super();
    /** @type {readonly string[]} Fields that are not shown. */
    this.without = [];
  }

  render() {
    const { api, desk, node } = this;
    if (!api || !desk) return nothing;
    const fields = desk.catalog.fields(this.of, node).filter(({ name }) => !this.without.includes(name));
    const isValue = (/** @type {CatalogField} */ { shape }) => !this._isPart(shape);
    const rare = fields.filter((field) => field.is_rare);
    const isUsed = rare.some(({ name }) => node[name] !== undefined);
    const usual = fields.filter((field) => !field.is_rare && !this._isIdle(fields, field));
    return html`
      <div class="fields">${usual.filter(isValue).map((field) => this.value(node, field))}</div>
      ${rare.length
        ? html`<details ?open=${isUsed}>
            <summary>${api.t("editor.more")}</summary>
            <div class="fields">${rare.map((field) => this.value(node, field))}</div>
          </details>`
        : nothing}
      ${usual.filter((field) => !isValue(field)).map((field) => this._part(api, field))}
    `;
  }

  /**
   * Tell whether a field means nothing now: the upper end of a range without a range.
   *
   * @param {CatalogField[]} fields
   * @param {CatalogField} field
   */
  _isIdle(fields, { name }) {
    const operator = fields.find((each) => each.name === "operator");
    if (name !== "high" || !operator || typeof this.node.high === "number") return false;
    return (this.node.operator ?? operator.usual) !== "between";
  }

  /** @param {CatalogField["shape"]} shape */
  _isPart({ shape, inner }) {
    const holdsParts = shape === "list" && ["union", "object", "list"].includes(inner?.shape ?? "");
    return shape === "union" || shape === "table" || holdsParts;
  }

  /**
   * @param {Api} api
   * @param {CatalogField} field
   */
  _part(api, field) {
    const { shape, inner } = field.shape;
    if (shape === "union") return this._union(api, field);
    if (shape === "table") return this._table(api, field);
    return inner?.shape === "list" ? this._lists(api, field) : this._list(field, api.t(`fields.${field.name}`));
  }

  /**
   * @param {CatalogField} field
   * @param {string} caption
   */
  _list(field, caption, node = this.node) {
    return html`<god-kaiser-item-list
      .api=${this.api}
      .desk=${this.desk}
      .node=${node}
      .field=${field}
      .caption=${caption}
      .change=${this.change}
      .words=${this.words}
    ></god-kaiser-item-list>`;
  }

  /**
   * @param {Api} api
   * @param {CatalogField} field
   */
  _table(api, field) {
    return html`<god-kaiser-name-table
      .api=${api}
      .desk=${this.desk}
      .node=${this.node}
      .field=${field}
      .change=${this.change}
      .words=${this.words}
    ></god-kaiser-name-table>`;
  }

  /**
   * Draw several lists side by side, as those of a parallel step.
   *
   * @param {Api} api
   * @param {CatalogField} field
   */
  _lists(api, { name, shape: { inner } }) {
    const lists = /** @type {Definition[][]} */ (this.node[name] ?? []);
    const add = () => {
      lists.push([]);
      this.desk?.edited();
    };
    const take = (/** @type {number} */ index) => {
      lists.splice(index, 1);
      this.desk?.edited();
    };
    const shape = inner ?? { shape: "list" };
    return html`${lists.map(
        (_, index) => html`<fieldset>
          <legend>${api.t("editor.branch", { number: index + 1 })}</legend>
          ${this._list({ name: String(index), shape, is_required: true }, api.t("fields.steps"), lists)}
          <button @click=${() => take(index)}>${api.t("editor.take_branch", { number: index + 1 })}</button>
        </fieldset>`,
      )}
      <div class="buttons"><button @click=${add}>${api.t("editor.add_branch")}</button></div>`;
  }

  /**
   * Draw a part of one of several kinds, as a condition.
   *
   * @param {Api} api
   * @param {CatalogField} field
   */
  _union(api, field) {
    const [of, part] = [field.shape.of ?? "", /** @type {Definition|undefined} */ (this.node[field.name])];
    const choose = (/** @type {Event} */ event) => {
      const kind = /** @type {HTMLSelectElement} */ (event.target).value;
      this.desk?.put(this.node, field, kind ? this.desk.catalog.fresh(of, kind) : undefined);
    };
    const kinds = this.desk?.catalog.kinds(of) ?? [];
    return html`<fieldset>
      <legend>${api.t(`fields.${field.name}`)}</legend>
      <label for=${`kind-${field.name}`}>${api.t("editor.kind")}</label>
      <select id=${`kind-${field.name}`} @change=${choose}>
        ${field.is_required ? nothing : html`<option value="" .selected=${!part}>${api.t("editor.none")}</option>`}
        ${kinds.map(
          (kind) => html`<option value=${kind} .selected=${kind === part?.kind}>${api.t(`questions.${kind}`)}</option>`,
        )}
      </select>
      ${part ? this.form(part, of) : nothing}
    </fieldset>`;
  }
}
