"""What each family of elements does once entered; one module per family, one table of them all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.kernel import ad_hoc, complex_gateways
from engine.kernel.behaviours import activities, events, gateways, scopes, user_tasks
from engine.kernel.step import Behaviour
from engine.model.definition import ElementType

BEHAVIOURS: Mapping[ElementType, Behaviour] = MappingProxyType(
    {
        ElementType.PROCESS: scopes.process,
        ElementType.START_EVENT: events.start,
        ElementType.END_EVENT: events.end,
        ElementType.INTERMEDIATE_THROW_EVENT: events.throw,
        ElementType.INTERMEDIATE_CATCH_EVENT: events.catch,
        ElementType.TASK: activities.pass_through,
        ElementType.MANUAL_TASK: activities.pass_through,
        ElementType.SERVICE_TASK: activities.work,
        ElementType.SEND_TASK: activities.send,
        ElementType.BUSINESS_RULE_TASK: activities.decide,
        ElementType.RECEIVE_TASK: events.catch,
        ElementType.SCRIPT_TASK: activities.script,
        ElementType.USER_TASK: user_tasks.ask,
        ElementType.EXCLUSIVE_GATEWAY: gateways.exclusive,
        ElementType.PARALLEL_GATEWAY: gateways.parallel,
        ElementType.INCLUSIVE_GATEWAY: gateways.inclusive,
        ElementType.COMPLEX_GATEWAY: complex_gateways.attend,
        ElementType.EVENT_BASED_GATEWAY: gateways.event_based,
        ElementType.SUB_PROCESS: scopes.sub_process,
        ElementType.TRANSACTION: scopes.sub_process,
        ElementType.AD_HOC_SUB_PROCESS: ad_hoc.enter,
        ElementType.CALL_ACTIVITY: scopes.call,
    }
)
