/** What a start of a sequence asks for: first what must be given, then what may be. */

/** @import { Api } from "../api.js" */
/** @import { Field } from "../controllers/start-form.js" */
/** @import { KnownSequence } from "../types.js" */

import { html, LitElement, nothing } from "../vendor/lit.js";
import { fieldsOf, givenFor, momentFor } from "../controllers/start-form.js";
import { inputs, shared } from "./styles.js";

export class StartForm extends LitElement {
  static properties = {
    api: { attribute: false },
    sequence: { attribute: false },
    isBusy: { attribute: false },
    isPlan: { attribute: false },
    words: { attribute: false },
  };

  static styles = [shared, inputs];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {KnownSequence|null} */
    this.sequence = null;
    this.isBusy = false;
    this.isPlan = false;
    this.words = 0;
    /** @type {Record<string, string|boolean|undefined>} */
    this._entered = {};
    /** @type {string[]} */
    this._missing = [];
    this._when = { at: "", minutes: "" };
  }

  render() {
    const { api, sequence } = this;
    if (!api || !sequence) return nothing;
    const fields = fieldsOf(sequence);
    return html`
      <form @submit=${this._submit} novalidate aria-label=${api.t("sequences.start_form", { sequence: sequence.name })}>
        ${this.isPlan ? this._moment(api) : nothing} ${fields.map((field) => this._label(api, field))}
        ${this._missing.length
          ? html`<p class="problem" role="alert">
              ${api.t("sequences.missing", { names: this._missing.join(", ") })}
            </p>`
          : nothing}
        <div class="buttons">
          <button class="main" type="submit" ?disabled=${this.isBusy}>
            ${this.isPlan ? api.t("plan.confirm") : api.t("sequences.start")}
          </button>
          <button type="button" @click=${() => this.dispatchEvent(new CustomEvent("given-up"))}>
            ${api.t("sequences.give_up")}
          </button>
        </div>
      </form>
    `;
  }

  /** @param {Api} api */
  _moment(api) {
    const enter = (/** @type {Event} */ event) => {
      const { name, value } = /** @type {HTMLInputElement} */ (event.target);
      this._when = { ...this._when, [name]: value };
    };
    return html`<label>${api.t("plan.at")}<input type="datetime-local" name="at" @input=${enter} /></label>
      <label>${api.t("plan.delay")}<input type="number" min="0" step="any" name="minutes" @input=${enter} /></label>`;
  }

  /**
   * @param {Api} api
   * @param {Field} field
   */
  _label(api, field) {
    const range = field.low !== null && field.high !== null ? `${field.low} – ${field.high}` : "";
    const hint = [field.description, range].filter(Boolean).join(" · ");
    return html`<label>
      ${field.name}${field.isRequired ? " *" : ""} ${hint ? html`<span class="quiet">${hint}</span>` : nothing}
      ${this._input(api, field)}
    </label>`;
  }

  /**
   * @param {Api} api
   * @param {Field} field
   */
  _input(api, field) {
    const enter = (/** @type {Event} */ event) => {
      const input = /** @type {HTMLInputElement} */ (event.target);
      this._entered[field.key] = field.kind === "yes_no" ? input.checked : input.value;
    };
    switch (field.kind) {
      case "role":
        return html`<select @change=${enter} ?required=${field.isRequired}>
          <option value="">${field.usual ?? api.t("sequences.choose")}</option>
          ${api.outputs().map((output) => html`<option value=${output.id}>${output.name}</option>`)}
        </select>`;
      case "yes_no":
        return html`<input type="checkbox" ?checked=${field.usual === true} @change=${enter} />`;
      case "number":
        return html`<input
          type="number"
          step="any"
          min=${field.low ?? nothing}
          max=${field.high ?? nothing}
          placeholder=${field.usual ?? nothing}
          ?required=${field.isRequired}
          @input=${enter}
        />`;
      default:
        return html`<input placeholder=${field.usual ?? nothing} ?required=${field.isRequired} @input=${enter} />`;
    }
  }

  /** @param {Event} event */
  _submit(event) {
    event.preventDefault();
    const { api, sequence } = this;
    if (!api || !sequence) return;
    const { roles, variables, missing } = givenFor(fieldsOf(sequence), this._entered);
    const when = this.isPlan ? momentFor(this._when, (written) => api.moment(written)) : {};
    this._missing = when ? missing : [api.t("plan.when"), ...missing];
    this.requestUpdate();
    if (!this._missing.length) this.dispatchEvent(new CustomEvent("given", { detail: { roles, variables, ...when } }));
  }
}
