/** What else can be made of a saved sequence: an earlier revision of it, its text, or nothing any more. */

/** @import { Api } from "../api.js" */
/** @import { KeptSequence } from "../types.js" */

import { css, html, LitElement, nothing } from "../vendor/lit.js";
import { Pressing } from "./pressing.js";
import { inputs, shared } from "./styles.js";

export class SequenceTools extends LitElement {
  static properties = {
    api: { attribute: false },
    hub: { attribute: false },
    sequence: { attribute: false },
    kept: { attribute: false },
    isChanged: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    inputs,
    css`
      details {
        margin-top: 12px;
      }
      summary {
        cursor: pointer;
        font-weight: 500;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0 12px;
        min-height: 44px;
      }
      ul {
        margin: 8px 0 0;
        padding: 0;
      }
      textarea {
        font-family: var(--ha-font-family-code, monospace);
        white-space: pre;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    this.hub = "";
    this.sequence = "";
    /** @type {KeptSequence|null} */
    this.kept = null;
    this.isChanged = false;
    this.words = 0;
    this._text = "";
    this._isSure = false;
    this._pressing = new Pressing(this);
  }

  render() {
    const { api, kept } = this;
    if (!api || !kept) return nothing;
    return html`
      ${this._pressing.shown}
      <details class="card" @toggle=${this._refresh}>
        <summary>${api.t("tools.revisions")}</summary>
        ${this.isChanged ? html`<p class="quiet">${api.t("tools.save_first")}</p>` : nothing}
        <ul>
          ${[...kept.revisions].reverse().map((each) => this._revision(api, each, each.revision === kept.revision))}
        </ul>
      </details>
      <details class="card" @toggle=${this._export}>
        <summary>${api.t("tools.text")}</summary>
        <label>${api.t("tools.text_label")}<textarea readonly rows="12" .value=${this._text}></textarea></label>
        <div class="buttons"><button @click=${this._copy}>${api.t("tools.copy")}</button></div>
      </details>
      <details class="card">
        <summary>${api.t("tools.delete")}</summary>
        <p>${this._warning(api, kept)}</p>
        <div class="buttons">
          <button ?disabled=${this._pressing.isBusy} @click=${this._delete}>
            ${this._isSure ? api.t("tools.delete_sure") : api.t("tools.delete")}
          </button>
        </div>
      </details>
    `;
  }

  /**
   * @param {Api} api
   * @param {KeptSequence} kept
   */
  _warning(api, { used_by: users }) {
    return users.length ? api.t("tools.used_by", { names: users.join(", ") }) : api.t("tools.delete_hint");
  }

  /**
   * @param {Api} api
   * @param {KeptSequence["revisions"][number]} revision
   * @param {boolean} isNow
   */
  _revision(api, { revision, at, by }, isNow) {
    const told = { number: revision, time: api.when(at), name: by };
    const restore = () => this._act("restore_sequence", { revision }, "restored");
    return html`<li>
      <span>${api.t("tools.revision", told)}</span>
      ${isNow
        ? html`<span class="quiet">${api.t("tools.is_now")}</span>`
        : html`<button ?disabled=${this._pressing.isBusy || this.isChanged} @click=${restore}>
            ${api.t("tools.restore", { number: revision })}
          </button>`}
    </li>`;
  }

  /** @param {Event} event */
  _refresh(event) {
    if (/** @type {HTMLDetailsElement} */ (event.target).open) this.dispatchEvent(new CustomEvent("wanted"));
  }

  /** @param {Event} event */
  _export(event) {
    const { api } = this;
    if (!api || !(/** @type {HTMLDetailsElement} */ (event.target).open)) return;
    void this._pressing.press(async () => {
      this._text = await api.text(this.hub, this.sequence);
    });
  }

  _copy() {
    const area = this.renderRoot.querySelector("textarea");
    area?.select();
    // Without an encrypted connection browsers give no clipboard: then it is marked, and copied by hand.
    void navigator.clipboard?.writeText(this._text);
  }

  _delete() {
    if (this._isSure) this._act("delete_sequence", {}, "deleted");
    this._isSure = !this._isSure;
    this.requestUpdate();
  }

  /**
   * @param {string} action
   * @param {object} fields
   * @param {string} done
   */
  _act(action, fields, done) {
    const named = { config_entry_id: this.hub, sequence: this.sequence, ...fields };
    void this._pressing.press(async () => {
      await this.api?.ask(action, named);
      this.dispatchEvent(new CustomEvent(done));
    });
  }
}
