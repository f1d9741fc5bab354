/** What the panel uses of Lit 3.3.3; see README.md. */

export { LitElement } from "./lit-element.js";
export { css } from "./css-tag.js";
export { html, nothing } from "./lit-html.js";
export { repeat } from "./repeat.js";
