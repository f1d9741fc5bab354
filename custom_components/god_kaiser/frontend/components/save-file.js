/** Lets the browser save something that the panel has made. */

/**
 * @param {string} name
 * @param {unknown} content What is written as JSON.
 */
export function saveFile(name, content) {
  const address = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: "application/json" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
