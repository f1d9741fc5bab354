/** What every part of the editor is given, and what they all look like. */

/** @import { Api } from "../api.js" */
/** @import { Desk } from "../controllers/desk.js" */
/** @import { CatalogField, Definition } from "../types.js" */

import { css, html, LitElement } from "../vendor/lit.js";
import { inputs, shared } from "./styles.js";

export class EditorPart extends LitElement {
  static properties = {
    api: { attribute: false },
    desk: { attribute: false },
    node: { attribute: false },
    field: { attribute: false },
    of: { attribute: false },
    caption: { attribute: false },
    change: { attribute: false },
    words: { attribute: false },
  };

  static styles = [
    shared,
    inputs,
    css`
      .icon {
        width: 20px;
        height: 20px;
        fill: currentColor;
        vertical-align: middle;
      }
      h4 {
        margin: 16px 0 4px;
        font-size: 1em;
        font-weight: 500;
      }
    `,
  ];

  constructor() {
    super();
    /** @type {Api|null} */
    this.api = null;
    /** @type {Desk|null} */
    this.desk = null;
    /** @type {Definition} */
    this.node = {};
    /** @type {CatalogField} */
    this.field = { name: "", shape: { shape: "text" } };
    this.of = "";
    this.caption = "";
    this.change = 0;
    this.words = 0;
  }

  /**
   * Draw a part of the definition with all of its fields.
   *
   * @param {Definition} node
   * @param {string} of
   */
  form(node, of) {
    return html`<god-kaiser-kind-form
      .api=${this.api}
      .desk=${this.desk}
      .node=${node}
      .of=${of}
      .change=${this.change}
      .words=${this.words}
    ></god-kaiser-kind-form>`;
  }

  /**
   * Draw one value.
   *
   * @param {Definition} node
   * @param {CatalogField} field
   * @param {string} [caption]
   */
  value(node, field, caption = "") {
    return html`<god-kaiser-field
      class=${["description", "text"].includes(field.name) ? "wide" : ""}
      .api=${this.api}
      .desk=${this.desk}
      .node=${node}
      .field=${field}
      .caption=${caption}
      .change=${this.change}
      .words=${this.words}
    ></god-kaiser-field>`;
  }
}
