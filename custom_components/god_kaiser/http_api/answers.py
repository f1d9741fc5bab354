"""What endpoints answer, as JSON Schema: what is always there, and of which kind it is."""

from typing import Final

from .shapes import ANYTHING, FLAG, NUMBER, TEXT, WHOLE, Shape

OBJECT: Final[Shape] = {"type": "object"}
MOMENT: Final[Shape] = {"type": "string", "format": "date-time"}


def fields(**shapes: Shape) -> Shape:
    """Return the shape of an object that has these fields always, and perhaps others."""
    return {"type": "object", "properties": shapes, "required": [*shapes]}


def either(shape: Shape) -> Shape:
    """Return the shape of what may be missing: null stands for that."""
    return {"anyOf": [shape, {"type": "null"}]}


def listed(shape: Shape) -> Shape:
    """Return the shape of a list."""
    return {"type": "array", "items": shape}


def by_name(shape: Shape) -> Shape:
    """Return the shape of an object whose keys are names."""
    return {"type": "object", "additionalProperties": shape}


def named(name: str) -> Shape:
    """Return a shape of the table below by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def per_hub(shape: Shape) -> Shape:
    """Return the shape of an answer that is that of the only hub, or those of several by their names."""
    return {"anyOf": [shape, fields(hubs=by_name(shape))]}


_TEXTS: Final = listed(TEXT)
_MAYBE_TEXT: Final = either(TEXT)
_MAYBE_NUMBER: Final = either(NUMBER)
_MAYBE_MOMENT: Final = either(MOMENT)
_HAND: Final = {
    "held_by": _MAYBE_TEXT,
    "held_until": _MAYBE_MOMENT,
    "runs_until": _MAYBE_MOMENT,
    "device_ends_at": _MAYBE_MOMENT,
    "locked_out_by": _MAYBE_TEXT,
    "lock_out_reason": _MAYBE_TEXT,
    "lock_out_until": _MAYBE_MOMENT,
}
_READING: Final = {"value": _MAYBE_NUMBER, "quality": _MAYBE_TEXT, "fault": _MAYBE_TEXT, "unit": TEXT}
_PROOF: Final = {
    "esp_id": TEXT,
    "device_id": _MAYBE_TEXT,
    "name": TEXT,
    "by": _MAYBE_TEXT,
    "reason": _MAYBE_TEXT,
    "state": TEXT,
    "answered_at": _MAYBE_MOMENT,
    "rested_at": _MAYBE_MOMENT,
    "not_at_rest": listed(OBJECT),
    "release": _MAYBE_TEXT,
}

TABLE: Final[dict[str, Shape]] = {
    "Error": fields(
        error=fields(
            code=TEXT,
            message=TEXT,
            translation_domain=_MAYBE_TEXT,
            translation_key=_MAYBE_TEXT,
            translation_placeholders=by_name(TEXT),
        )
    ),
    "Preflight": fields(
        verdict=TEXT,
        errors=WHOLE,
        warnings=WHOLE,
        findings=listed(
            fields(
                check=TEXT,
                severity=TEXT,
                code=TEXT,
                place=TEXT,
                output=_MAYBE_TEXT,
                text=TEXT,
                recommended_action=TEXT,
                advice=TEXT,
            )
        ),
    ),
    "Run": fields(
        run_id=TEXT,
        sequence_id=TEXT,
        sequence_name=TEXT,
        revision=WHOLE,
        status=TEXT,
        status_basic=TEXT,
        progress=NUMBER,
        finished_steps=WHOLE,
        total_steps=WHOLE,
        phase=_MAYBE_TEXT,
        current_step=either(OBJECT),
        started_at=_MAYBE_MOMENT,
        ended_at=_MAYBE_MOMENT,
        runtime_seconds=NUMBER,
        seconds_left=_MAYBE_NUMBER,
        paused_until=_MAYBE_MOMENT,
        reason=_MAYBE_TEXT,
        waiting_for=_TEXTS,
        error=either(OBJECT),
        partial=FLAG,
        forced=FLAG,
        retry_of=_MAYBE_TEXT,
        trigger=OBJECT,
        correlation_id=TEXT,
    ),
    "Step": fields(index=WHOLE, duration=NUMBER, error_human=_MAYBE_TEXT),
    "Stats": fields(
        active=WHOLE,
        completed_last_hour=WHOLE,
        failed_last_hour=WHOLE,
        cancelled_last_hour=WHOLE,
        timed_out_last_hour=WHOLE,
        average_duration_last_hour=_MAYBE_NUMBER,
        executions=WHOLE,
        failures=WHOLE,
        average_duration=_MAYBE_NUMBER,
        success_rate=_MAYBE_NUMBER,
    ),
    "Sequence": fields(
        id=TEXT,
        name=TEXT,
        description=TEXT,
        mode=TEXT,
        revision=WHOLE,
        phases=_TEXTS,
        steps=WHOLE,
        roles=OBJECT,
        variables=OBJECT,
        max_duration=_MAYBE_NUMBER,
        run_id=_MAYBE_TEXT,
        status=_MAYBE_TEXT,
        executions=WHOLE,
        failures=WHOLE,
    ),
    "Schedule": fields(
        schedule_id=TEXT, sequence_id=TEXT, sequence_name=TEXT, at=MOMENT, status=TEXT, missed=TEXT, created_by=TEXT
    ),
    "Rule": fields(
        rule_id=TEXT,
        name=TEXT,
        description=TEXT,
        enabled=FLAG,
        priority=NUMBER,
        critical=FLAG,
        area=_MAYBE_TEXT,
        labels=_TEXTS,
        revision=WHOLE,
        truth=TEXT,
        is_active=FLAG,
        degraded=_MAYBE_TEXT,
        outputs=by_name(TEXT),
        sentence=TEXT,
    ),
    "SavedRule": fields(rule_id=TEXT, revision=WHOLE, definition=OBJECT),
    "Execution": fields(
        logic_rule_id=TEXT,
        trigger_data=OBJECT,
        actions_executed=listed(OBJECT),
        success=ANYTHING,
        error_message=_MAYBE_TEXT,
        error_text=_MAYBE_TEXT,
        execution_time_ms=_MAYBE_NUMBER,
        timestamp=MOMENT,
        execution_id=TEXT,
    ),
    "Device": fields(
        hub=TEXT,
        esp_id=TEXT,
        device_id=_MAYBE_TEXT,
        name=TEXT,
        link=TEXT,
        last_heard=_MAYBE_MOMENT,
        stopped=FLAG,
        stop_mode=TEXT,
        configuration=OBJECT,
        plan=either(OBJECT),
        sensors=listed(OBJECT),
        actuators=listed(OBJECT),
    ),
    "Sensor": fields(
        hub=TEXT,
        esp_id=TEXT,
        entity_id=_MAYBE_TEXT,
        channel=TEXT,
        gpio=WHOLE,
        sensor_type=TEXT,
        address=TEXT,
        name=TEXT,
        planned=FLAG,
        at=_MAYBE_MOMENT,
        **_READING,
    ),
    "Actuator": fields(
        hub=TEXT,
        esp_id=TEXT,
        entity_id=_MAYBE_TEXT,
        channel=TEXT,
        gpio=WHOLE,
        actuator_type=TEXT,
        appears_as=TEXT,
        load=TEXT,
        name=TEXT,
        planned=FLAG,
        level=_MAYBE_NUMBER,
        stopped=either(FLAG),
        at=_MAYBE_MOMENT,
        **_HAND,
    ),
    "Converted": fields(sensor_type=TEXT, quantity=TEXT, **_READING),
    "Verdict": fields(allowed=FLAG),
    "Safety": fields(
        channel=TEXT,
        entity_id=_MAYBE_TEXT,
        interlocks=listed(OBJECT),
        on_shutdown=TEXT,
        guarantees=listed(ANYTHING),
        usage=OBJECT,
        demands=listed(OBJECT),
        **_HAND,
    ),
    "Proof": fields(**_PROOF),
    "Stop": fields(everything_stopped=FLAG, any_stopped=FLAG, devices=listed(named("Proof"))),
    "Release": fields(hub=TEXT, esp_id=TEXT, name=TEXT, state=TEXT),
    "Event": fields(
        schema_version=WHOLE, event_id=TEXT, event_type=TEXT, timestamp=MOMENT, level=TEXT, domain=TEXT, hub=TEXT
    ),
    "Kind": fields(name=TEXT, former_name=_MAYBE_TEXT, domain=TEXT, level=TEXT, is_audit=FLAG, data=OBJECT),
    "Entry": fields(
        number=WHOLE,
        event_id=TEXT,
        timestamp=MOMENT,
        event=TEXT,
        sequence_name=_MAYBE_TEXT,
        rule_name=_MAYBE_TEXT,
        actor_type=_MAYBE_TEXT,
        metadata=OBJECT,
    ),
    "Line": fields(
        number=WHOLE, at=_MAYBE_MOMENT, level=TEXT, domain=TEXT, human=_MAYBE_TEXT, run_id=TEXT, correlation_id=TEXT
    ),
    "Health": fields(
        status=TEXT, checked_at=_MAYBE_MOMENT, categories=by_name(fields(status=TEXT, findings=listed(OBJECT)))
    ),
    "Alarm": fields(
        alarm_id=TEXT,
        alarm=TEXT,
        text=TEXT,
        action=TEXT,
        state=TEXT,
        priority=TEXT,
        subject=TEXT,
        esp_id=_MAYBE_TEXT,
        entity_id=_MAYBE_TEXT,
        raised_at=_MAYBE_MOMENT,
        returned_at=_MAYBE_MOMENT,
        acknowledged_at=_MAYBE_MOMENT,
        is_present=FLAG,
        is_latched=FLAG,
        shelved_until=_MAYBE_MOMENT,
        details=OBJECT,
    ),
    "Limits": fields(
        low_low=_MAYBE_NUMBER,
        low=_MAYBE_NUMBER,
        high=_MAYBE_NUMBER,
        high_high=_MAYBE_NUMBER,
        dead_band=NUMBER,
        on_delay=NUMBER,
        off_delay=NUMBER,
    ),
    "SelfCheck": fields(
        hub=TEXT,
        passed=WHOLE,
        warned=WHOLE,
        failed=WHOLE,
        checks=listed(fields(name=TEXT, status=TEXT, text=TEXT)),
    ),
    "Metrics": fields(
        commands=by_name(NUMBER), answers=OBJECT, runs=by_name(NUMBER), events=by_name(NUMBER), health=by_name(NUMBER)
    ),
}
