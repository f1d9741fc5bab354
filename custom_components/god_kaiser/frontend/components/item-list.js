/** A list in a definition, as phases, steps or conditions: each item opened, moved, copied, removed; others added. */

/** @import { Api } from "../api.js" */
/** @import { Desk } from "../controllers/desk.js" */
/** @import { Definition } from "../types.js" */

import { css, html, nothing, repeat } from "../vendor/lit.js";
import { EditorPart } from "./editor-part.js";
import { duplicate, keyOf, move, unused } from "../controllers/draft.js";
import { CROSS, icon } from "./icon.js";
import { faultList } from "./fault-list.js";

const ICONS = {
  up: "M13 20h-2V8l-5.5 5.5-1.42-1.42L12 4.16l7.92 7.92-1.42 1.42L13 8z",
  down: "M11 4h2v12l5.5-5.5 1.42 1.42L12 19.84l-7.92-7.92L5.5 10.5 11 16z",
  copy: "M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z",
};

export class ItemList extends EditorPart {
  static styles = [
    ...EditorPart.styles,
    css`
      ol {
        list-style: none;
        margin: 4px 0;
        padding: 0;
      }
      li {
        margin: 8px 0;
        padding: 0 8px;
        border: 1px solid var(--divider-color, #e0e0e0);
        border-inline-start: 4px solid var(--primary-color, #009ac7);
        border-radius: 8px;
      }
      li.wrong {
        border-color: var(--error-color, #b00020);
      }
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0 2px;
      }
      .bar button {
        border: none;
        padding: 0 8px;
        min-width: 40px;
      }
      .tools {
        margin-inline-start: auto;
        white-space: nowrap;
      }
      .bar .title {
        flex: 1 1 160px;
        text-align: start;
        font-weight: 500;
        overflow-wrap: anywhere;
      }
      .title::before {
        content: "▸ " / "";
      }
      .title[aria-expanded="true"]::before {
        content: "▾ " / "";
      }
      .add {
        display: flex;
        flex-wrap: wrap;
        gap: 8px;
        align-items: end;
        margin: 4px 0 8px;
      }
      .add div {
        flex: 0 1 280px;
      }
      .add label {
        margin: 0;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {WeakSet<Definition>} Steps that were opened, and other items that were closed. */
    this._turned = new WeakSet();
    this._kind = "";
  }

  /** @returns {Definition[]} */
  get _items() {
    return this.node[this.field.name] ?? [];
  }

  get _of() {
    return this.field.shape.inner?.of ?? "";
  }

  get _isOfSteps() {
    return this._of === "step";
  }

  render() {
    const { api, desk } = this;
    if (!api || !desk) return nothing;
    return html`
      <section aria-label=${this.caption}>
        <h4>${this.caption}</h4>
        <ol>
          ${repeat(this._items, keyOf, (item, index) => this._item(api, desk, item, index))}
        </ol>
        ${this._adding(api, desk)}
      </section>
    `;
  }

  /**
   * @param {Api} api
   * @param {Desk} desk
   * @param {Definition} item
   * @param {number} index
   */
  _item(api, desk, item, index) {
    const title = this._title(api, item, index);
    const faults = desk.faults.of(item);
    const isWrong = desk.faults.isIn(item);
    // What is wrong inside of a step is not hidden in it.
    const isOpen = this._turned.has(item) === this._isOfSteps || (isWrong && !faults.length);
    return html`<li class=${isWrong ? "wrong" : ""}>
      <div class="bar">
        <button class="title" aria-expanded=${isOpen} @click=${() => this._turn(item)}>${title}</button>
        <span class="tools">
          ${this._tool(ICONS.up, "editor.up", title, index === 0, () => this._move(index, -1))}
          ${this._tool(ICONS.down, "editor.down", title, index === this._items.length - 1, () => this._move(index, 1))}
          ${this._tool(ICONS.copy, "editor.copy", title, false, () => this._copy(index))}
          ${this._tool(CROSS, "editor.remove", title, false, () => this._remove(index))}
        </span>
      </div>
      ${faultList(faults)}
      ${isOpen ? this.form(item, this._of) : nothing}
    </li>`;
  }

  /**
   * @param {Api} api
   * @param {Definition} item
   * @param {number} index
   */
  _title(api, item, index) {
    const name = item.name ? String(item.name) : "";
    if (this._of === "phase") return api.t("editor.phase", { number: index + 1, name });
    const kind = this._kindName(api, item.kind);
    return `${index + 1} ${name ? `${name} (${kind})` : kind}`;
  }

  /**
   * @param {Api} api
   * @param {string} kind
   */
  _kindName(api, kind) {
    return this._isOfSteps ? api.t(`steps.${kind}`) : api.t(`questions.${kind}`);
  }

  /**
   * @param {string} path
   * @param {string} key
   * @param {string} title
   * @param {boolean} isDisabled
   * @param {() => void} use
   */
  _tool(path, key, title, isDisabled, use) {
    const name = `${this.api?.t(key)}: ${title}`;
    return html`<button aria-label=${name} title=${name} ?disabled=${isDisabled} @click=${use}>${icon(path)}</button>`;
  }

  /**
   * @param {Api} api
   * @param {Desk} desk
   */
  _adding(api, desk) {
    const kinds = desk.catalog.kinds(this._of);
    const choose = (/** @type {Event} */ event) => {
      this._kind = /** @type {HTMLSelectElement} */ (event.target).value;
    };
    return html`<div class="add">
      ${kinds.length
        ? html`<div>
            <label for="kind">${this._isOfSteps ? api.t("editor.step_kind") : api.t("editor.kind")}</label>
            <select id="kind" @change=${choose}>
              ${kinds.map((kind) => html`<option value=${kind}>${this._kindName(api, kind)}</option>`)}
            </select>
          </div>`
        : nothing}
      <button class="adding" @click=${() => this._add(this._kind || kinds[0])}>${this._addName(api)}</button>
    </div>`;
  }

  /** @param {Api} api */
  _addName(api) {
    if (this._of === "phase") return api.t("editor.add_phase");
    return this._isOfSteps ? api.t("editor.add_step") : api.t("editor.add_condition");
  }

  /** @param {string|undefined} kind */
  _add(kind) {
    const { api, desk } = this;
    if (!api || !desk) return;
    const item = desk.catalog.fresh(this._of, kind);
    if (this._of === "phase") item.name = unused(api.t("editor.phase_name"), this._items.map(({ name }) => name));
    if (this._isOfSteps) this._turned.add(item);
    desk.put(this.node, this.field, [...this._items, item]);
    this._focus(this._items.length - 1, ".title");
  }

  /** @param {Definition} item */
  _turn(item) {
    if (!this._turned.delete(item)) this._turned.add(item);
    this.requestUpdate();
  }

  /**
   * @param {number} index
   * @param {number} by
   */
  _move(index, by) {
    move(this._items, index, by);
    this.desk?.edited();
    this._focus(index + by, by < 0 ? ".tools button:nth-of-type(1)" : ".tools button:nth-of-type(2)");
  }

  /** @param {number} index */
  _copy(index) {
    duplicate(this._items, index, this._of === "phase");
    this.desk?.edited();
    this._focus(index + 1, ".title");
  }

  /** @param {number} index */
  _remove(index) {
    this.desk?.put(this.node, this.field, this._items.filter((_, each) => each !== index));
    this._focus(Math.min(index, this._items.length - 1), ".title");
  }

  /**
   * Go to a button of an item when the list is drawn anew; where it cannot be pressed, to the title.
   *
   * @param {number} index
   * @param {string} wanted
   */
  async _focus(index, wanted) {
    await this.updateComplete;
    const item = this.renderRoot.querySelectorAll("ol > li")[index];
    const button = /** @type {HTMLButtonElement|null|undefined} */ (item?.querySelector(`.bar ${wanted}`));
    const title = /** @type {HTMLButtonElement|null|undefined} */ (item?.querySelector(".bar .title"));
    const add = /** @type {HTMLButtonElement|null} */ (this.renderRoot.querySelector(".adding"));
    (button && !button.disabled ? button : (title ?? add))?.focus();
  }
}
