/** The page on which a sequence is written: its form, what is wrong with it, and what can be made of it. */

/** @import { Api } from "../api.js" */
/** @import { Desk } from "../controllers/desk.js" */

import { css, html, nothing } from "../vendor/lit.js";
import { faultList } from "../components/fault-list.js";
import { PageView } from "../components/page-view.js";
import { Pressing } from "../components/pressing.js";
import { Writing } from "../controllers/writing.js";

export class EditorView extends PageView {
  static properties = { ...PageView.properties, hub: { attribute: false }, sequence: { attribute: false } };

  static styles = [
    ...PageView.styles,
    css`
      .foot {
        position: sticky;
        bottom: 0;
        z-index: 1;
        margin-top: 12px;
        padding: 8px 16px;
      }
      .foot .buttons {
        margin-top: 4px;
      }
      dialog {
        max-width: 400px;
        color: inherit;
        background: var(--card-background-color, #fff);
        border: 1px solid var(--divider-color, #e0e0e0);
        border-radius: 12px;
      }
      dialog::backdrop {
        background: rgba(0, 0, 0, 0.5);
      }
    `,
  ];

  constructor() {
    super();
    this.hub = "";
    this.sequence = "";
    /** @type {Writing|null} */
    this._writing = null;
    /** @type {((mayLeave: boolean) => void)|null} */
    this._decide = null;
    this._said = "";
    this._pressing = new Pressing(this);
  }

  connectedCallback() {
    super.connectedCallback();
    window.addEventListener("beforeunload", this._hinder);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    window.removeEventListener("beforeunload", this._hinder);
    this._writing?.close();
  }

  /** @param {Map<string, unknown>} changed */
  willUpdate(changed) {
    if ((changed.has("hub") || changed.has("sequence")) && this.api && this.hub) this._open();
  }

  _open() {
    const { api, hub, sequence } = this;
    if (!api) return;
    this._writing?.close();
    const writing = new Writing({
      api,
      hub,
      sequence,
      known: () => this.book?.sequences ?? [],
      shelf: sessionStorage,
      changed: () => this.requestUpdate(),
    });
    this._writing = writing;
    void this._pressing.press(async () => {
      await writing.open();
      [writing.said, this._said] = [this._said, ""];
    });
  }

  /** Ask before what is not saved is given up. */
  async mayLeave() {
    if (!this._writing?.isChanged) return true;
    const mayLeave = await new Promise((/** @type {(mayLeave: boolean) => void} */ decide) => {
      this._decide = decide;
      this._dialog?.showModal();
    });
    if (mayLeave) this._writing.discard();
    return mayLeave;
  }

  get _dialog() {
    return this.renderRoot.querySelector("dialog");
  }

  /** @param {BeforeUnloadEvent} event */
  _hinder = (event) => {
    if (this._writing?.isChanged) event.preventDefault();
  };

  render() {
    const [api, writing] = [this.api, this._writing];
    if (!api || !writing) return nothing;
    const { desk, kept } = writing;
    if (!desk) return this._pressing.shown;
    const { definition } = desk;
    const name = String(definition.name || definition.id || "");
    const title = this.sequence ? api.t("editor.title", { name }) : api.t("editor.title_new");
    return html`
      <section aria-label=${title}>
        <h2>${title}</h2>
        ${this._notices(api, writing)}
        <div class="card">
          <god-kaiser-kind-form
            .api=${api}
            .desk=${desk}
            .node=${definition}
            .of=${"sequence"}
            .without=${this.sequence ? ["id"] : []}
            .change=${desk.change}
            .words=${this.words}
          ></god-kaiser-kind-form>
        </div>
        ${this._foot(api, desk, writing)}
        ${kept
          ? html`<god-kaiser-sequence-tools
              .api=${api}
              .hub=${this.hub}
              .sequence=${this.sequence}
              .kept=${kept}
              .isChanged=${writing.isChanged}
              .words=${this.words}
              @wanted=${() => void this._pressing.press(() => writing.renew())}
              @restored=${this._again}
              @deleted=${this._again}
            ></god-kaiser-sequence-tools>`
          : nothing}
      </section>
      ${this._question(api)}
    `;
  }

  /**
   * @param {Api} api
   * @param {Writing} writing
   */
  _notices(api, writing) {
    const isOld = writing.isOld && !this._pressing.isBusy;
    return html`${writing.isBack
      ? html`<p class="card" role="status">
          ${api.t("editor.is_back")} <button @click=${this._again}>${api.t("editor.discard")}</button>
        </p>`
      : nothing}
    ${isOld ? html`<p class="card problem" role="alert">${api.t("editor.is_old")}</p>` : nothing}`;
  }

  /**
   * @param {Api} api
   * @param {Desk} desk
   * @param {Writing} writing
   */
  _foot(api, desk, writing) {
    const { isBusy } = this._pressing;
    const check = () => void this._pressing.press(() => writing.check());
    const leave = () => this._go("sequences");
    return html`<div class="card foot">
      ${this._pressing.shown} ${faultList(desk.faults.of(desk.definition))}
      <p role="status">${writing.said || (writing.isChanged ? api.t("editor.unsaved") : "")}</p>
      <div class="buttons">
        <button class="main" ?disabled=${isBusy} @click=${() => this._save(writing)}>${api.t("editor.save")}</button>
        <button ?disabled=${isBusy} @click=${check}>${api.t("sequences.check")}</button>
        <button @click=${leave}>${api.t("editor.close")}</button>
      </div>
    </div>`;
  }

  /** @param {Api} api */
  _question(api) {
    const decide = (/** @type {boolean} */ mayLeave) => {
      this._decide?.(mayLeave);
      this._decide = null;
      this._dialog?.close();
    };
    return html`<dialog aria-labelledby="question" @close=${() => decide(false)}>
      <p id="question">${api.t("editor.leave_question")}</p>
      <div class="buttons">
        <button class="main" @click=${() => decide(false)}>${api.t("editor.stay")}</button>
        <button @click=${() => decide(true)}>${api.t("editor.discard")}</button>
      </div>
    </dialog>`;
  }

  /** @param {Writing} writing */
  _save(writing) {
    void this._pressing.press(async () => {
      const id = await writing.save();
      if (!id || this.sequence) return;
      this._said = writing.said;
      this._go(`sequences/edit/${this.hub}/${id}`);
    });
  }

  /**
   * Begin again with what is saved; of what was deleted nothing is left to write.
   *
   * @param {Event} event
   */
  _again(event) {
    this._writing?.discard();
    if (event.type !== "deleted") return this._open();
    this._writing = null;
    this._go("sequences");
  }

  /** @param {string} page */
  _go(page) {
    this.dispatchEvent(new CustomEvent("god-kaiser-page", { detail: page, bubbles: true, composed: true }));
  }
}
