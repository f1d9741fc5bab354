/** Every element of the panel, by the name that pages write. */

import { AlarmCard } from "./components/alarm-card.js";
import { ApprovalCard } from "./components/approval-card.js";
import { EventFilter } from "./components/event-filter.js";
import { EventRow } from "./components/event-row.js";
import { FieldInput } from "./components/field.js";
import { HealthChecks } from "./components/health-checks.js";
import { HealthFigures } from "./components/health-figures.js";
import { ItemList } from "./components/item-list.js";
import { KindForm } from "./components/kind-form.js";
import { NameTable } from "./components/name-table.js";
import { RunCard } from "./components/run-card.js";
import { RunReport } from "./components/run-report.js";
import { SequenceCard } from "./components/sequence-card.js";
import { SequenceTools } from "./components/sequence-tools.js";
import { StartForm } from "./components/start-form.js";
import { StopBar } from "./components/stop-bar.js";
import { TrailList } from "./components/trail-list.js";
import { AlarmsView } from "./views/alarms.js";
import { EditorView } from "./views/editor.js";
import { HealthView } from "./views/health.js";
import { JournalView } from "./views/journal.js";
import { RunsView } from "./views/runs.js";
import { SequencesView } from "./views/sequences.js";

const ELEMENTS = {
  "god-kaiser-alarm": AlarmCard,
  "god-kaiser-alarms": AlarmsView,
  "god-kaiser-approval-card": ApprovalCard,
  "god-kaiser-editor": EditorView,
  "god-kaiser-event": EventRow,
  "god-kaiser-event-filter": EventFilter,
  "god-kaiser-field": FieldInput,
  "god-kaiser-health": HealthView,
  "god-kaiser-health-checks": HealthChecks,
  "god-kaiser-health-figures": HealthFigures,
  "god-kaiser-item-list": ItemList,
  "god-kaiser-journal": JournalView,
  "god-kaiser-kind-form": KindForm,
  "god-kaiser-name-table": NameTable,
  "god-kaiser-run-card": RunCard,
  "god-kaiser-run-report": RunReport,
  "god-kaiser-runs": RunsView,
  "god-kaiser-sequence-card": SequenceCard,
  "god-kaiser-sequences": SequencesView,
  "god-kaiser-sequence-tools": SequenceTools,
  "god-kaiser-start-form": StartForm,
  "god-kaiser-stop-bar": StopBar,
  "god-kaiser-trail": TrailList,
};

/** @param {Record<string, CustomElementConstructor>} more */
export function define(more) {
  for (const [name, element] of Object.entries({ ...ELEMENTS, ...more })) {
    // A page that was open during an update has them from the former version.
    if (!customElements.get(name)) customElements.define(name, element);
  }
}
