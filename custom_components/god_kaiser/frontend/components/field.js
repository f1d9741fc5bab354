/** One value of a definition: its name, what it is in words, and the input that fits it. */

/** @import { Api } from "../api.js" */
/** @import { Output } from "../types.js" */

import { css, html, nothing } from "../vendor/lit.js";
import { EditorPart } from "./editor-part.js";
import { spelled } from "../controllers/clock.js";
import { entered, enteredLines, shown, shownLines } from "../controllers/entered.js";

// Seconds from here on are easier to read as minutes.
const MINUTE = 60;
/** @type {Record<string, string>} */
const HINTS = {
  number_or_text: "editor.template_hint",
  level: "editor.level_hint",
  lines: "editor.lines_hint",
  any: "editor.any_hint",
};
/** @type {Record<string, string>} */
const SIGNS = { ">=": "≥", "<=": "≤", "==": "=", "!=": "≠" };

export class FieldInput extends EditorPart {
  static styles = [
    ...EditorPart.styles,
    css`
      :host {
        margin: 8px 0;
      }
      label {
        margin: 0;
      }
      .required::after {
        content: " *";
      }
      label.check {
        display: flex;
        align-items: center;
        gap: 8px;
        min-height: 40px;
      }
    `,
  ];

  constructor() {
    super();
    this._text = "";
  }

  render() {
    const { api, field } = this;
    if (!api || !this.desk) return nothing;
    const name = this.caption || api.t(`fields.${field.name}`);
    if (field.shape.shape === "yes_no") return this._check(name);
    const hint = this._hint(api);
    return html`<label for="input" class=${field.is_required ? "required" : ""}>${name}</label>
      ${this._input(api)} ${hint ? html`<p id="hint" class="quiet">${hint}</p>` : nothing}`;
  }

  get _value() {
    return this.node[this.field.name];
  }

  /** @param {unknown} value */
  _put(value) {
    this.desk?.put(this.node, this.field, value);
  }

  /** @param {string} name */
  _check(name) {
    const isOn = this._value ?? this.field.usual ?? false;
    return html`<label class="check">
      <input
        type="checkbox"
        .checked=${Boolean(isOn)}
        @change=${(/** @type {Event} */ event) => this._put(/** @type {HTMLInputElement} */ (event.target).checked)}
      />
      ${name}
    </label>`;
  }

  /** @param {Api} api */
  _hint(api) {
    const { shape, name, usual } = this.field;
    const value = this._value ?? usual;
    if (shape.about === "seconds") {
      if (typeof value === "number" && value >= MINUTE) return api.t("editor.seconds_long", { time: spelled(value) });
      return shape.shape === "number_or_text" ? api.t("editor.seconds_or_template") : api.t("editor.seconds_hint");
    }
    const special = name === "level" && shape.shape === "number_or_text" ? "level" : "";
    const hint = HINTS[special || (shape.shape === "list" ? "lines" : shape.shape)];
    return hint ? api.t(hint) : "";
  }

  /** @param {Api} api */
  _input(api) {
    const { shape } = this.field;
    if (shape.shape === "choice") {
      const named = (shape.choices ?? []).map((each) => ({ id: each, name: this._choice(api, each) }));
      return this._select(named, this.field.is_required || this._isUsual);
    }
    if (shape.shape === "list") return this._lines();
    const options = this.desk?.options(shape.about, (role) => api.t("editor.role", { name: role })) ?? [];
    if (shape.about === "output" || shape.about === "sensor" || shape.about === "sequence") {
      return this._select(options, false);
    }
    return this._line(options);
  }

  get _isUsual() {
    return this.field.usual !== undefined && this.field.usual !== null;
  }

  /**
   * @param {Api} api
   * @param {string} choice
   */
  _choice(api, choice) {
    return /^[a-z_]+$/.test(choice) ? api.t(`choices.${choice}`) : (SIGNS[choice] ?? choice);
  }

  /**
   * @param {Output[]} options
   * @param {boolean} isAlways Whether one of them is always chosen.
   */
  _select(options, isAlways) {
    const value = this._value ?? this.field.usual ?? "";
    const isKnown = value === "" || options.some(({ id }) => id === value);
    const all = isKnown ? options : [{ id: value, name: value }, ...options];
    const choose = (/** @type {Event} */ event) =>
      this._put(/** @type {HTMLSelectElement} */ (event.target).value || undefined);
    return html`<select id="input" aria-describedby="hint" @change=${choose} ?required=${this.field.is_required}>
      ${isAlways
        ? nothing
        : html`<option value="" .selected=${value === ""}>${this._nothing()}</option>`}
      ${all.map(({ id, name }) => html`<option value=${id} .selected=${id === value}>${name}</option>`)}
    </select>`;
  }

  _nothing() {
    if (this.field.is_required) return this.api?.t("editor.choose");
    return this.field.shape.about ? "–" : this.api?.t("editor.as_usual");
  }

  /** @param {Output[]} options What is suggested; anything may be written. */
  _line(options) {
    const { shape, usual, is_required } = this.field;
    const write = (/** @type {Event} */ event) => {
      this._text = /** @type {HTMLInputElement} */ (event.target).value;
      this._put(entered(shape, this._text));
    };
    // As long as what was typed means the value, it stays as it was typed.
    const isTyped = JSON.stringify(entered(shape, this._text)) === JSON.stringify(this._value);
    const isNumber = shape.shape === "number" || shape.shape === "whole";
    return html`<input
        id="input"
        aria-describedby="hint"
        .value=${isTyped ? this._text : shown(shape, this._value)}
        placeholder=${usual ?? nothing}
        inputmode=${isNumber ? "decimal" : nothing}
        list=${options.length ? "options" : nothing}
        autocomplete="off"
        ?required=${is_required}
        @input=${write}
      />
      ${options.length
        ? html`<datalist id="options">
            ${options.map(({ id, name }) => html`<option value=${id}>${name}</option>`)}
          </datalist>`
        : nothing}`;
  }

  _lines() {
    const inner = this.field.shape.inner ?? { shape: "text" };
    const write = (/** @type {Event} */ event) => {
      this._text = /** @type {HTMLTextAreaElement} */ (event.target).value;
      this._put(enteredLines(inner, this._text));
    };
    const isTyped = JSON.stringify(enteredLines(inner, this._text)) === JSON.stringify(this._value ?? []);
    return html`<textarea
      id="input"
      aria-describedby="hint"
      rows="2"
      .value=${isTyped ? this._text : shownLines(inner, this._value)}
      @input=${write}
    ></textarea>`;
  }
}
