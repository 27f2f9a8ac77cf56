"""Who may do what: the one place that decides (``security.md`` §7). What is not yours is not there (404)."""

from __future__ import annotations

from enum import StrEnum

from engine import Person, Role, UserTask


class Action(StrEnum):
    """What a page lets somebody do; every route names one."""

    SIGN_IN = "sign in"
    START = "start a process"
    SEE_TASKS = "see the worklist"
    SEE_ALL_TASKS = "see everybody's user tasks"
    WORK = "work on a user task"
    REVEAL = "have a secret shown"
    ASSIGN = "give a user task to a colleague"
    SEE_INSTANCES = "see process instances"
    SEE_ALL_INSTANCES = "see everybody's process instances"
    SEE_PERSONAL = "see personal data of cases, which is kept in the chain of operations"
    SEE_HISTORY = "see the history and verify it"
    REVEAL_HISTORY = "see personal data in the history, take it along"
    HANDLE_MAIL = "read and settle what came from outside and no case took"
    SEE_INCIDENTS = "see incidents"
    RESOLVE_INCIDENTS = "resolve incidents"
    SEE_REGISTERS = "see the registers of the office, which name people"
    RESOLVE_REGISTERS = "close an entry of a register with a resolution"
    OPERATE = "suspend, resume and cancel cases and procedures"
    SEE_DEFINITIONS = "see process definitions"
    DEPLOY = "deploy process definitions"
    SEE_DEVIATIONS = "see how the texts of procedures are read, and who approved that"
    APPROVE_DEVIATIONS = "approve a reading of a procedure's text"
    MANAGE_PEOPLE = "manage people"


_EVERYBODY = frozenset({Action.SEE_DEFINITIONS})
_OFFICE = _EVERYBODY | {
    *(Action.SEE_INSTANCES, Action.SEE_ALL_INSTANCES, Action.SEE_TASKS, Action.SEE_ALL_TASKS)
}
_OWNERS = _EVERYBODY | {Action.DEPLOY, Action.SEE_DEVIATIONS, Action.APPROVE_DEVIATIONS}
_ALLOWED: dict[Role, frozenset[Action]] = {
    Role.APPLICANT: _EVERYBODY | {Action.START, Action.SEE_TASKS, Action.WORK, Action.SEE_INSTANCES},
    Role.CLERK: _OFFICE
    | {
        Action.START,
        Action.WORK,
        Action.ASSIGN,
        Action.REVEAL,
        Action.SEE_PERSONAL,
        Action.HANDLE_MAIL,
        Action.SEE_REGISTERS,
        Action.RESOLVE_REGISTERS,
    },
    Role.OWNER: _OWNERS,
    Role.APPROVER: _OWNERS,
    Role.OPERATOR: _OFFICE
    | {Action.SEE_INCIDENTS, Action.RESOLVE_INCIDENTS, Action.OPERATE, Action.SEE_HISTORY},
    Role.AUDITOR: _OFFICE
    | {
        Action.SEE_HISTORY,
        Action.REVEAL_HISTORY,
        Action.SEE_INCIDENTS,
        Action.SEE_PERSONAL,
        Action.SEE_REGISTERS,
        Action.SEE_DEVIATIONS,
    },
    Role.ADMINISTRATOR: _EVERYBODY | {Action.MANAGE_PEOPLE},
}


_CASEWORK = frozenset({Action.START, Action.SEE_TASKS, Action.WORK})
APPLICANTS = frozenset({"wnioskodawca", "wnioskujacy"})  # the groups of lanes of those who file


def authorize(person: Person | None, action: Action, task: UserTask | None = None) -> bool:
    """Say whether somebody (None: nobody is signed in) may do something, with this task if there is one."""
    if person is None:
        return action is Action.SIGN_IN
    if action is Action.SIGN_IN:
        return True
    if not person.active or not any(action in _ALLOWED[role] for role in person.roles):
        return False
    if action in _CASEWORK and Role.ADMINISTRATOR in person.roles:
        return False  # who decides who may do what does none of it, whatever else they are
    return task is None or is_theirs(person, task)


def may_start(person: Person, group: str) -> bool:
    """Say whether somebody may start a process whose start event is in the lane of this group.

    Lanes of applicants are for those who file; any other group's lane is for its members, one that names no
    group ("") for clerks.
    """
    if not authorize(person, Action.START):
        return False
    if group in APPLICANTS:
        return Role.APPLICANT in person.roles
    return group in person.groups if group else Role.CLERK in person.roles


def may_get(person: Person, task: UserTask) -> bool:
    """Say whether a colleague may be given a task: they work here, and in a group the task is offered to."""
    return person.active and Role.CLERK in person.roles and _is_offered(person, task)


def is_theirs(person: Person, task: UserTask) -> bool:
    """Say whether a task is a person's: they have it, or may take it."""
    if task.assignee is not None:
        return task.assignee == person.id or bool(set(person.groups) & set(task.candidate_groups))
    return _is_offered(person, task)


def _is_offered(person: Person, task: UserTask) -> bool:
    return person.id in task.candidate_users or bool(set(person.groups) & set(task.candidate_groups))
