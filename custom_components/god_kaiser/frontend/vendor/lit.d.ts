/** The types of lit.js, from the npm package; scripts/check_panel finds it in .tools. */

export { LitElement, css, html, nothing } from "lit";
export type { ReactiveController, ReactiveControllerHost } from "lit";
export { repeat } from "lit/directives/repeat.js";
