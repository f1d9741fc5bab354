/** The report about a run: the Markdown of the server as parts that a page can draw. */

// What stands where nobody has written a description.
const NOTHING = "–";

/** @typedef {{kind: "title"|"text", text: string}|{kind: "list", items: string[]}} Part */

/**
 * Return the parts of a report; its first title is that of the run, which whoever draws it has already, and a description may be missing.
 *
 * @param {string} written
 * @returns {Part[]}
 */
export function partsOf(written) {
  return written
    .split("\n\n")
    .filter((block, at) => block && !block.startsWith("# ") && !(at === 1 && block === NOTHING))
    .map((block) => {
      if (block.startsWith("## ")) return { kind: "title", text: block.slice(3) };
      const lines = block.split("\n");
      if (lines.every((line) => line.startsWith("- "))) return { kind: "list", items: lines.map((line) => line.slice(2)) };
      return { kind: "text", text: block.replaceAll("**", "") };
    });
}
