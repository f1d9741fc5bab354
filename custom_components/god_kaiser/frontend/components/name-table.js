/** A table in a definition: entries with names of their own, as roles, variables or the fields of an action. */

/** @import { Api } from "../api.js" */
/** @import { Desk } from "../controllers/desk.js" */
/** @import { Definition } from "../types.js" */

import { css, html, nothing } from "../vendor/lit.js";
import { EditorPart } from "./editor-part.js";
import { unused } from "../controllers/draft.js";
import { CROSS, icon } from "./icon.js";
import { faultList } from "./fault-list.js";

/** @type {Record<string, string>} */
const ADDING = { roles: "editor.add_role", variables: "editor.add_variable" };

export class NameTable extends EditorPart {
  static styles = [
    ...EditorPart.styles,
    css`
      .entry {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: 0 8px;
        align-items: start;
        margin: 8px 0;
        padding: 0 8px;
        border: 1px solid var(--divider-color, #e0e0e0);
        border-radius: 8px;
      }
      .entry > .whole {
        grid-column: 1 / -1;
      }
      .remove {
        margin-top: 30px;
        border: none;
        padding: 0 8px;
        min-width: 40px;
      }
    `,
  ];

  /** @returns {Definition} */
  get _table() {
    return this.node[this.field.name] ?? {};
  }

  render() {
    const { api, desk } = this;
    if (!api || !desk) return nothing;
    const caption = api.t(`fields.${this.field.name}`);
    return html`<section aria-label=${caption}>
      <h4>${caption}</h4>
      ${Object.keys(this._table).map((name) => this._entry(api, desk, name))}
      <div class="buttons">
        <button class="adding" @click=${this._add}>${api.t(ADDING[this.field.name] ?? "editor.add_entry")}</button>
      </div>
    </section>`;
  }

  /**
   * @param {Api} api
   * @param {Desk} desk
   * @param {string} name
   */
  _entry(api, desk, name) {
    const shape = this.field.shape.inner ?? { shape: "text" };
    const isWhole = shape.shape === "object";
    const content = this._table[name];
    const rename = (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      if (!desk.rename(this._table, name, input.value.trim())) input.value = name;
    };
    const remove = `${api.t("editor.remove")}: ${name}`;
    return html`<div class="entry" role="group" aria-label=${name}>
      <label>${api.t("fields.name")}<input .value=${name} autocomplete="off" @change=${rename} /></label>
      <button class="remove" aria-label=${remove} title=${remove} @click=${() => this._remove(name)}>
        ${icon(CROSS)}
      </button>
      <div class="whole">
        ${isWhole ? faultList(desk.faults.of(content)) : nothing}
        ${isWhole
          ? this.form(content, shape.of ?? "")
          : this.value(this._table, { name, shape, is_required: true, is_entry: true }, api.t("fields.value"))}
      </div>
    </div>`;
  }

  _add() {
    const inner = this.field.shape.inner;
    const name = unused(inner?.of ?? "name", Object.keys(this._table));
    this.desk?.put(this.node, this.field, { ...this._table, [name]: inner?.shape === "object" ? {} : "" });
    void this._focus();
  }

  /** @param {string} name */
  _remove(name) {
    const { [name]: _, ...rest } = this._table;
    this.desk?.put(this.node, this.field, rest);
    void this.updateComplete.then(() => this._button(".adding")?.focus());
  }

  /** Go to the name of the last entry, to be written over. */
  async _focus() {
    await this.updateComplete;
    const inputs = this.renderRoot.querySelectorAll(".entry > label > input");
    /** @type {HTMLInputElement|undefined} */ (inputs[inputs.length - 1])?.select();
  }

  /** @param {string} wanted */
  _button(wanted) {
    return /** @type {HTMLButtonElement|null} */ (this.renderRoot.querySelector(wanted));
  }
}
