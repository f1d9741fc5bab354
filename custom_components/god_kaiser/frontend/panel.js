/** The panel: its head with the emergency stop, its pages, and what they show. */

/** @import { Hass } from "./types.js" */
/** @import { EditorView } from "./views/editor.js" */

import { css, html, LitElement, nothing } from "./vendor/lit.js";
import { Api } from "./api.js";
import { icon } from "./components/icon.js";
import { shared } from "./components/styles.js";
import { journalAt, writtenAt } from "./controllers/address.js";
import { RunBook } from "./controllers/run-book.js";
import { StopBook } from "./controllers/stop-book.js";
import { define } from "./elements.js";

const PAGES = /** @type {const} */ (["runs", "sequences", "alarms", "journal", "health"]);
const TICK = 1000;
const MENU = "M3 6h18v2H3zm0 5h18v2H3zm0 5h18v2H3z";

export class GodKaiserPanel extends LitElement {
  static properties = {
    narrow: { type: Boolean },
    route: { attribute: false },
    panel: { attribute: false },
  };

  static styles = [
    shared,
    css`
      :host {
        min-height: 100%;
        background: var(--primary-background-color, #fafafa);
      }
      header {
        position: sticky;
        top: 0;
        z-index: 2;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        align-content: center;
        gap: 0 12px;
        min-height: var(--header-height, 56px);
        padding: 0 12px;
        background: var(--app-header-background-color, var(--primary-color, #009ac7));
        color: var(--app-header-text-color, var(--text-primary-color, #fff));
        border-bottom: var(--app-header-border-bottom, none);
      }
      h1 {
        font-size: 1.25em;
        font-weight: 400;
        margin: 0;
      }
      nav {
        display: flex;
        flex: 1;
        gap: 4px;
      }
      nav a {
        padding: 8px 12px;
        color: inherit;
        text-decoration: none;
        border-bottom: 3px solid transparent;
      }
      nav a[aria-current] {
        font-weight: 500;
        border-color: currentColor;
      }
      .menu {
        width: 48px;
        padding: 0;
        border: none;
        color: inherit;
      }
      .menu svg {
        width: 24px;
        height: 24px;
        fill: currentColor;
        vertical-align: middle;
      }
      main {
        max-width: 1200px;
        margin: 0 auto;
        padding: 4px 16px 120px;
        box-sizing: border-box;
      }
      main > p {
        margin: 16px 0;
      }
      @media (max-width: 600px) {
        h1 {
          display: none;
        }
        nav {
          order: 5;
          flex: 1 0 100%;
          overflow-x: auto;
        }
        main {
          padding: 0 8px 140px;
        }
        nav a {
          padding: 8px;
        }
        header {
          padding: 0 8px;
          gap: 0 4px;
        }
      }
    `,
  ];

  constructor() {
    super();
    this.narrow = false;
    /** @type {{prefix: string, path: string}} */
    this.route = { prefix: "/god-kaiser", path: "" };
    this.panel = null;
    this._api = new Api();
    this._book = new RunBook();
    this._stops = new StopBook();
    this._isFollowed = false;
    this._change = 0;
    this._words = 0;
    /** @type {{path: string, at: ReturnType<typeof journalAt>}} */
    this._read = { path: "", at: null };
    /** @type {ReturnType<typeof setInterval>|undefined} */
    this._clock = undefined;
  }

  /** @param {Hass} hass Given anew at every change of any state; only words and moments matter here. */
  set hass(hass) {
    if (this._api.update(hass)) {
      this._words += 1;
      this.requestUpdate();
      void this._api.loadWords();
    }
    if (this.isConnected) this._follow();
  }

  connectedCallback() {
    super.connectedCallback();
    this._follow();
    this._clock = setInterval(() => this._tick(), TICK);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this._clock);
    this._api.leave();
    this._isFollowed = false;
  }

  _follow() {
    this._api.follow({
      tell: (message) =>
        this._changed(() => {
          if (message.event_type === "stop_state" || message.event_type === "stop_proof") this._stops.apply(message);
          else this._book.apply(message, Date.now());
        }),
      begun: (isFollowed) =>
        this._changed(() => {
          this._isFollowed = isFollowed;
          if (!isFollowed) return;
          // What was known stays to be seen while the connection is lost; it may be old, and says so.
          this._book.clear();
          this._stops.clear();
        }),
    });
  }

  /** @param {() => void} change */
  _changed(change) {
    change();
    this._change += 1;
    this.requestUpdate();
  }

  _tick() {
    if (this._book.going.length) this.requestUpdate();
  }

  get _page() {
    return PAGES.find((page) => `${this.route.path}/`.startsWith(`/${page}/`)) ?? "runs";
  }

  /** What is written, if somebody writes. */
  get _written() {
    return this._api.isAdministrator ? writtenAt(this.route.path) : null;
  }

  /** The run whose events are asked for by the address; the same object as long as that is the same address. */
  get _wanted() {
    if (this._read.path !== this.route.path) this._read = { path: this.route.path, at: journalAt(this.route.path) };
    return this._read.at;
  }

  render() {
    const api = this._api;
    return html`
      <header>
        ${api.needsMenuButton(this.narrow) ? this._menu() : nothing}
        ${api.hasWords ? this._pages() : html`<nav></nav>`}
        <god-kaiser-stop-bar .api=${api} .stops=${this._stops} .change=${this._change} .words=${this._words}>
        </god-kaiser-stop-bar>
      </header>
      <main @god-kaiser-page=${(/** @type {CustomEvent} */ event) => void this._go(event.detail)}>
        ${api.hasWords ? html`${this._state()} ${this._view()}` : nothing}
      </main>
    `;
  }

  _pages() {
    const api = this._api;
    return html`<h1>${api.t("panel.title")}</h1>
      <nav aria-label=${api.t("panel.pages")}>
        ${PAGES.map(
          (page) => html`<a
            href="${this.route.prefix}/${page}"
            aria-current=${page === this._page ? "page" : nothing}
            @click=${(/** @type {MouseEvent} */ event) => this._clicked(event, page)}
            >${api.t(`pages.${page}`)}</a
          >`,
        )}
      </nav>`;
  }

  _menu() {
    const toggle = () =>
      this.dispatchEvent(new CustomEvent("hass-toggle-menu", { bubbles: true, composed: true, detail: {} }));
    return html`<button class="menu" aria-label=${this._api.t("panel.menu")} @click=${toggle}>
      ${icon(MENU)}
    </button>`;
  }

  _state() {
    if (!this._isFollowed) {
      return html`<p class="card" role="status">${this._api.refusal || this._api.t("panel.connecting")}</p>`;
    }
    return this._book.isEmpty ? html`<p class="card" role="status">${this._api.t("panel.no_hub")}</p>` : nothing;
  }

  _view() {
    const [api, book, change, words] = [this._api, this._book, this._change, this._words];
    if (book.isEmpty) return nothing;
    const written = this._written;
    if (written) {
      return html`<god-kaiser-editor
        .api=${api}
        .book=${book}
        .hub=${written.hub}
        .sequence=${written.sequence}
        .change=${change}
        .words=${words}
      ></god-kaiser-editor>`;
    }
    switch (this._page) {
      case "sequences":
        return html`<god-kaiser-sequences .api=${api} .book=${book} .change=${change} .words=${words}>
        </god-kaiser-sequences>`;
      case "alarms":
        return html`<god-kaiser-alarms .api=${api} .book=${book} .change=${change} .words=${words}>
        </god-kaiser-alarms>`;
      case "journal":
        return html`<god-kaiser-journal
          .api=${api}
          .book=${book}
          .wanted=${this._wanted}
          .change=${change}
          .words=${words}
        ></god-kaiser-journal>`;
      case "health":
        return html`<god-kaiser-health .api=${api} .book=${book} .change=${change} .words=${words}>
        </god-kaiser-health>`;
      default:
        return html`<god-kaiser-runs .api=${api} .book=${book} .change=${change} .now=${Date.now()} .words=${words}>
        </god-kaiser-runs>`;
    }
  }

  /**
   * @param {MouseEvent} event
   * @param {string} page
   */
  _clicked(event, page) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    void this._go(page);
  }

  /** @param {string} page */
  async _go(page) {
    const editor = /** @type {EditorView|null} */ (this.renderRoot.querySelector("god-kaiser-editor"));
    if (editor && !(await editor.mayLeave())) return;
    history.pushState(null, "", `${this.route.prefix}/${page}`);
    window.dispatchEvent(new CustomEvent("location-changed", { detail: { replace: false } }));
  }
}

define({ "god-kaiser-panel": GodKaiserPanel });
