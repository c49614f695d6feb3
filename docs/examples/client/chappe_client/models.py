"""The shapes of the API; `make generate` writes them from the OpenAPI document."""

from __future__ import annotations

from chappe_client.shape import Shape
from typing import Any, Literal
from pydantic import AwareDatetime
from typing_extensions import TypeAliasType


class AbsentShown(Shape):
    """An account of an audience that got nothing."""

    account: str
    person: str
    sink: str
    why: str


class AccountChangeIn(Shape):
    """What changes of an account; what is not named stays."""

    settings: dict[str, Any]
    """Of its kind."""


class AccountFull(Shape):
    """An account with its settings."""

    id: str
    name: str
    platform: str
    person_id: str | None
    """Whose it is; null for the company's own."""
    state: str
    """`live` or `lost`."""
    note: str
    """Why it is lost."""
    implicit: bool
    """Whether it stands for a sink with an address of its own."""
    calls: bool | None
    """Whether its platform calls when there is news; null where none does."""
    remote_id: str | None
    """Who it is on its platform."""
    created_at: AwareDatetime
    settings: dict[str, Any] | None
    """For owners; null for others."""


class AccountIn(Shape):
    """An account to add."""

    kind: str
    """What it is an account of; the catalogue has the kinds."""
    name: str
    settings: dict[str, Any] = {}
    """Of its kind."""
    secrets: dict[str, str] = {}
    """Kept sealed, and never shown."""
    person: str | None = None
    """Whose it is; without it, it is the company's own."""


class AccountShown(Shape):
    """An account."""

    id: str
    name: str
    platform: str
    person_id: str | None
    """Whose it is; null for the company's own."""
    state: str
    """`live` or `lost`."""
    note: str
    """Why it is lost."""
    implicit: bool
    """Whether it stands for a sink with an address of its own."""
    calls: bool | None
    """Whether its platform calls when there is news; null where none does."""
    remote_id: str | None
    """Who it is on its platform."""
    created_at: AwareDatetime


class ApiKeyIn(Shape):
    """A key to make."""

    name: str
    """What it is for."""
    scopes: list[str]
    """What it may do."""
    expires_at: AwareDatetime | None = None
    """When it ends by itself."""


class ApiKeyShown(Shape):
    """A key, by the part that is no secret."""

    id: str
    user_id: str
    name: str
    prefix: str
    """How the key begins."""
    scopes: list[str]
    created_at: AwareDatetime
    expires_at: AwareDatetime | None
    last_used_at: AwareDatetime | None
    """To the minute."""
    revoked_at: AwareDatetime | None


class AppIn(Shape):
    """Who we are on a platform; what is not named stays, and an empty setting is its default again."""

    settings: dict[str, Any] = {}
    """Of its kind."""
    secrets: dict[str, str] = {}
    """Kept sealed, and never shown."""


class AppShown(Shape):
    """The app of a platform."""

    platform: str
    title: str
    set: bool
    settings: dict[str, Any]
    secrets: bool
    """Whether its secrets are set; they are never shown."""
    updated_at: AwareDatetime | None


class ApplyIn(Shape):
    """What is to be applied: a plan as it was given, or documents, and the name of the plan that they must still be."""

    plan: dict[str, Any] | str | None = None
    """A plan as `plan` gave it, which holds its documents; or its name, with documents."""
    documents: dict[str, Any] | None = None
    parameters: dict[str, str] | None = None
    confirm: bool = False
    """Go on where posts wait at a node that goes away."""
    force: bool = False
    """Go on where a mapping is kept in a repository."""


class ApprovalFull(Shape):
    """A post that waits, and what it would become."""

    id: str
    post_id: str
    mapping: str
    node: str
    title: str
    text: str
    since: AwareDatetime
    until: AwareDatetime | None
    """Null where it waits for ever."""
    then: str
    """What happens then: `drop`, `pass` or `wait`."""
    note: str
    """What the mapping asks to be looked at."""
    sinks: dict[str, Any]
    """By sink: `for` whom, and the `variants` as `preview` gives them."""
    waits: list[dict[str, Any]]
    """Where it would wait again."""
    dropped: list[dict[str, Any]]
    """Where it would end."""


class ApprovalShown(Shape):
    """A post that waits for an editor at a node."""

    id: str
    post_id: str
    mapping: str
    node: str
    title: str
    text: str
    since: AwareDatetime
    until: AwareDatetime | None
    """Null where it waits for ever."""
    then: str
    """What happens then: `drop`, `pass` or `wait`."""
    note: str
    """What the mapping asks to be looked at."""


class AttemptShown(Shape):
    """One try to send."""

    number: int
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    outcome: str | None
    detail: str | None


class AuditEntry(Shape):
    """One change."""

    id: str
    at: AwareDatetime
    by: str
    """Who: a user, with the API key if it was one, or the operator of a command."""
    user_id: str | None
    """The user; null for a command, and for who was not signed in."""
    face: str
    """`api`, `cli`, or `mail` for a link in one."""
    what: str
    """The operation of the API, or the command."""
    object_kind: str
    """What kind of thing it was done to."""
    object_name: str
    """Which one, by the id or name that was given."""
    before: dict[str, Any]
    """What the API showed before of what was changed or deleted."""
    given: dict[str, Any]
    """What was asked for, secrets masked, long values cut; of nested ones the names."""
    request_id: str
    """The request's id, as its answer and the log have it; empty for a command."""


class BudgetIn(Shape):
    """What may be spent in a month."""

    limit: str | None
    """Dollars, as a text; null for no limit."""


class CallOffIn(Shape):
    """What is to be called off."""

    mapping: str | None = None
    """Only what went into this mapping, by name."""


class CalledOff(Shape):
    """What was called off, and what could not be."""

    unplanned: int
    """Accounts for which nothing was planned yet."""
    held: int
    """Posts that waited at a node, and are dropped."""
    deliveries: int
    """Deliveries that had not gone out."""
    out: int
    """Deliveries that are out, or may be: they stay as they are."""


class CardShown(Shape):
    """A kind of node or account."""

    kind: str
    role: str
    """source, operator, sink or account."""
    title: str
    summary: str
    description: str
    icon: str
    account_kind: str | None
    """The platform of the accounts that it takes."""
    settings: dict[str, Any]
    """The JSON Schema of its settings."""
    common: list[str]
    """What every node of its role also knows."""
    example: dict[str, Any]
    limits: dict[str, Any]


class Catalogue(Shape):
    """Kinds of nodes and accounts."""

    items: list[CardShown]


class ChangeShown(Shape):
    """What became of a mapping that was applied."""

    mapping: str
    file: str
    what: Literal["new", "changed", "unchanged"]
    version: int
    added: list[str]
    removed: list[str]
    altered: list[str]


class CheckMappingsIn(Shape):
    """Documents of mappings that belong together: each as JSON, or as a text of YAML, under a name for the findings."""

    documents: dict[str, Any]
    parameters: dict[str, str] | None = None
    """What `${NAME}` stands for."""


class CodeAskIn(Shape):
    """Asking for a code by mail."""

    email: str
    """A mail address; upper and lower case are the same."""


class CodeAsked(Shape):
    """A code is on its way, where there is a user of that address."""

    request: str
    """Is sent back together with the code."""
    expires_at: AwareDatetime
    """When the code is over."""


class CodeIn(Shape):
    """Signing in by a code."""

    request: str
    """What asking for the code gave."""
    code: str
    """The code of the mail; spaces and hyphens do not matter."""


class ConnectBegun(Shape):
    """A connecting that has begun."""

    address: str
    """Send the browser there, in the session that began this."""
    redirect_uri: str
    """Where the platform sends it back; register it there."""
    expires_at: AwareDatetime


class ConnectIn(Shape):
    """A new account to connect."""

    platform: str
    """`facebook`, `linkedin` or `x`."""
    person: str | None = None
    """Whose it will be; without it, the company's own."""


class ConnectingConfirmIn(Shape):
    """Which identity is meant."""

    confirm: str
    """What the callback gave."""
    remote_id: str
    """One of those that the callback showed."""
    name: str | None = None
    """What a new account is called; else one is suggested."""
    calls: bool = True
    """Whether the platform is asked to call when there is news."""


class DecideIn(Shape):
    """One decision about several deliveries."""

    ids: list[str]
    """Which deliveries."""
    move: Literal["approve", "reject", "retry", "cancel", "is_there", "send"]
    """`is_there` and `send` settle what may have gone out."""
    note: str = ""
    """Why, where they are rejected."""


class DecidePostsIn(Shape):
    """One decision about several posts that wait."""

    ids: list[str]
    """Which posts, as `GET /approvals` names them."""
    move: Literal["approve", "reject"]
    note: str = ""
    """Why, where they are rejected."""


class DeliveriesConfirmIn(Shape):
    """What somebody saw who looked at the account."""

    saw: Literal["is_there", "send"]
    """`is_there`: it is on the account. `send`: it is not there, and shall be sent."""


class DiffIn(Shape):
    """Two documents to compare, each as JSON or as a text of YAML."""

    old: dict[str, Any] | str
    new: dict[str, Any] | str


class DiffShown(Shape):
    """What one version says otherwise than another."""

    old: str
    new: str
    same: bool
    settings: list[dict[str, Any]]
    """`path`, `before`, `after`."""
    nodes: list[dict[str, Any]]
    """`role`, `name`, `kind`, `what` and `settings`."""
    arrows_added: list[dict[str, Any]]
    """`feed` and `node`."""
    arrows_removed: list[dict[str, Any]]
    """`feed` and `node`."""


class DrawIn(Shape):
    """A document to draw."""

    document: dict[str, Any] | str
    """As JSON, or as a text of YAML."""
    parameters: dict[str, str] | None = None
    """What `${NAME}` stands for."""


class EffectShown(Shape):
    """What a change of consent did."""

    account_id: str
    account: str
    seq: int
    """Its place in the person's chain."""
    cancelled: int
    """How many deliveries it cancelled."""
    sending: str | None
    """The one that had already begun and may still go out."""


class Effects(Shape):
    """What a change of consent did, account by account."""

    items: list[EffectShown]


class ExampleShown(Shape):
    """A post that shows what a finding says, as it was tried."""

    post: str
    """Its text."""
    shown: str
    """What goes out of it, empty for nothing."""
    sentence: str


class Exported(Shape):
    """A document by which a mapping runs."""

    mapping: str
    version: int
    text: str
    """As YAML, as it was saved."""


class ExportedAll(Shape):
    """Documents by which mappings run."""

    items: list[Exported]


class FindingCode(Shape):
    """A kind of finding."""

    code: str
    title: str
    severity: Literal["error", "warning"]


class FindingCodes(Shape):
    """Every kind of finding."""

    items: list[FindingCode]


class FindingPage(Shape):
    """What findings of a code mean."""

    code: str
    title: str
    severity: Literal["error", "warning"]
    explanation: str
    remedy: str
    """What to do."""
    page: str
    """All of it with examples, as Markdown."""


class FindingShown(Shape):
    """One remark on one place of a document."""

    file: str
    line: int | None
    """Of YAML, from 1; null where the document came as JSON."""
    column: int | None
    pointer: str
    """The place as a JSON pointer."""
    code: str
    severity: Literal["error", "warning"]
    sentence: str
    """What is wrong."""
    remedy: str
    """What to do about findings of this code."""
    example: ExampleShown | None = None
    """A post that shows it, where one was tried."""


class Findings(Shape):
    """Everything that was remarked; `usable` tells whether there is no error."""

    usable: bool
    findings: list[FindingShown]


class Fixture(Shape):
    """A stored post as a test gives it."""

    name: str
    """Made of its first words."""
    post: dict[str, Any]
    text: str
    """The file of fixtures that has this post alone, as YAML."""


class Forgotten(Shape):
    """A repository that is there no more."""

    removed: str


class Going(Shape):
    """Whether it runs, after it was paused or resumed."""

    was_paused: bool
    go_on: int | None = None
    """Of the posts that came meanwhile."""
    skipped: int | None = None
    """Of the posts that came meanwhile."""
    still_paused: list[str]
    """What else is paused."""


class GroupIn(Shape):
    """A group to make, and who is in it."""

    name: str
    people: list[str] = []


class GroupShown(Shape):
    """A group: the audience of mappings."""

    id: str
    name: str
    size: int


class HealthShown(Shape):
    """Whether an account can be used."""

    state: str
    note: str
    expires_at: AwareDatetime | None
    """When the right to use it ends, where that is known."""
    paused: list[str]
    """What is paused over it."""


class Hook(Shape):
    """Where the repository's server calls, and with which secret."""

    path: str
    """Behind the address at which this server is reached."""
    secret: str
    """Shown this once."""


class HubShown(Shape):
    """The hub that tells of a source's news at once (WebSub), beside the times at which it is read."""

    url: str
    state: str
    """`asking`, `live` or `leaving`."""
    note: str
    lease_until: AwareDatetime | None


class IdentityShown(Shape):
    """Somebody whom the platform names."""

    remote_id: str
    name: str
    url: str
    suggested: str
    """What the account would be called."""


class ItemShown(Shape):
    """Something that waits for a person."""

    what: str
    count: int
    sentence: str
    do: str
    """The command that deals with it."""


class KeptShown(Shape):
    """A mapping that is kept in a repository."""

    mapping: str
    path: str
    commit_id: str
    changed: bool
    """By hand, since the last commit."""
    gone: bool
    """Its file is there no more."""


class KeyUseShown(Shape):
    """A key of the key file, by its id, and the workspaces whose data it seals."""

    id: str
    current: bool
    held: bool
    """Whether the key file has it."""
    workspaces: list[str]


class KeyUses(Shape):
    """The keys of the key file."""

    items: list[KeyUseShown]


class LedgerShown(Shape):
    """Whether everything adds up: branches = dropped + held + planned, planned = ended + open."""

    routes: int
    branches: int
    dropped: int
    held: int
    planned: int
    open: int
    ended: int
    deliveries: dict[str, int]
    agrees: bool
    wrong: list[str]
    """Routes that do not add up."""


class LintMappingsIn(Shape):
    """Documents of mappings that belong together: each as JSON, or as a text of YAML, under a name for the findings."""

    documents: dict[str, Any]
    parameters: dict[str, str] | None = None
    """What `${NAME}` stands for."""


class LookShown(Shape):
    """One thing that was looked at."""

    what: str
    verdict: Literal["ok", "warn", "fail"]
    sentence: str
    do: str


class Looks(Shape):
    """Everything that was looked at."""

    items: list[LookShown]


class MailShown(Shape):
    """A mail: to whom, and what became of it; never what it says."""

    id: str
    kind: str
    address: str
    state: str
    """`waiting`, `sent`, `refused` or `given_up`."""
    tries: int
    note: str
    """What the server answered, or why it was given up."""
    created_at: AwareDatetime
    due_at: AwareDatetime
    sent_at: AwareDatetime | None


class MailTestIn(Shape):
    """Whom to write to."""

    address: str
    """A mail address; upper and lower case are the same."""


class MailTested(Shape):
    """What came of it: taken by a server is not yet delivered."""

    address: str
    server: str
    answer: str


class MappingItem(Shape):
    """A mapping in a list."""

    id: str
    name: str
    title: str
    state: Literal["draft", "active", "paused"]
    version: int | None
    """The number of the version that runs."""
    updated_at: AwareDatetime


class MappingShown(Shape):
    """A mapping with the document by which it runs; as YAML it is the document itself, with its comments."""

    id: str
    name: str
    title: str
    version: int | None
    """The number of the version that runs."""
    hash: str | None
    """SHA-256 of what that version says, whatever its layout."""
    made_by: str | None
    origin: str | None
    updated_at: AwareDatetime
    document: dict[str, Any] | None


class MappingsPauseIn(Shape):
    """Why something is paused."""

    reason: str = ""
    """For those who see it."""


class MappingsRemoved(Shape):
    """What the end of a mapping did."""

    mapping: str
    dropped: int
    """Posts that waited in it."""
    cancelled: int
    """Deliveries that were not sent yet."""


class MappingsResumeIn(Shape):
    """What becomes of posts that came in meanwhile."""

    missed: Literal["run-all", "run-last", "skip"] | None = None
    """All go on, so it is where nothing is said; the newest of each source; or none."""


class MeIn(Shape):
    """Changing what one is called."""

    name: str
    """How the user is called."""


class MissedShown(Shape):
    """What became of posts that came in meanwhile."""

    go_on: int
    skipped: int


Mode = TypeAliasType("Mode", Literal["ask_me", "tell_first", "post_for_me"])
"""
How far the engine may go by itself in this person's name.

TELL_FIRST is a yes unless the person says no in time, and silence of somebody who was never told is none: where
nothing can tell them, each post waits for a yes as with ASK_ME.
"""


class NewIn(Shape):
    """What the parameters of a ready-made mapping stand for; those with a default may be left out."""

    parameters: dict[str, str] | None = None


class NewPasswordIn(Shape):
    """Changing one's own password."""

    old: str = ""
    """The present one; not needed within ten minutes of a sign-in by code."""
    password: str
    """The new one, of 12 characters or more."""


class NewShown(Shape):
    """A mapping made from a ready-made one; it is not stored."""

    mapping: str
    parameters: dict[str, str]
    text: str
    """As YAML."""


class NewWebhook(Shape):
    """An address to be called with what happens."""

    name: str
    """What it is called here."""
    url: str
    """Receives one POST for each event."""
    kinds: (
        list[
            Literal[
                "post.came_in",
                "post.held",
                "post.routed",
                "delivery.waiting",
                "delivery.planned",
                "delivery.blocked",
                "delivery.doubtful",
                "delivery.check_needed",
                "delivery.sent",
                "delivery.rejected",
                "delivery.expired",
                "delivery.cancelled",
                "approval.wanted",
                "approval.decided",
                "account.lost",
                "account.live",
                "source.failing",
                "source.live",
                "mapping.applied",
                "mapping.removed",
                "pause.set",
                "pause.lifted",
                "mail.given_up",
                "operation.ended",
                "webhook.disabled",
            ]
        ]
        | None
    ) = None
    """Which events it is called with."""


class NodeShown(Shape):
    """How a node does."""

    node: str
    kind: str
    """Empty where the version that runs has no such node."""
    counts: dict[str, int]
    last_at: AwareDatetime | None


class NoteIn(Shape):
    """A word about a decision."""

    note: str = ""
    """Why, for the trace."""


class Operation(Shape):
    """Long work that a request began and did not wait for, or a post that is planned for many accounts (`fan_out`)."""

    id: str
    kind: str
    """What it is."""
    state: Literal["running", "done", "failed", "cancelled", "interrupted"]
    """`interrupted` is work whose process ended before it did; begin it again. A `fan_out` goes on by itself."""
    done: int
    """How much is done."""
    total: int | None
    """How much there is, null where that cannot be known."""
    sentence: str
    """How far it is, in words."""
    by: str
    """Who began it."""
    started_at: AwareDatetime
    ended_at: AwareDatetime | None
    result: dict[str, Any] | None
    """What came of it, once it is done."""
    error: dict[str, Any] | None
    """Why it failed: `kind` and `detail`, a sentence."""


Order = TypeAliasType("Order", Literal["newest", "oldest"])
"""Which end of a list comes first."""


class Outcome(Shape):
    """What became of one of several things that were decided about."""

    id: str
    done: bool
    state: str | None
    why: str
    """Why it was not done."""
    paused: list[str]
    """What must be resumed for it to take effect."""


class Outcomes(Shape):
    """What became of each, in the order of their ids."""

    items: list[Outcome]


class PassageShown(Shape):
    """How a post went through a mapping, in numbers."""

    mapping_id: str
    mapping: str
    state: str
    dropped: int
    held: int
    planned: int
    """How many deliveries there are, or will be."""
    made: int
    """How many there are by now."""


class PasswordIn(Shape):
    """Signing in by password."""

    email: str
    """A mail address; upper and lower case are the same."""
    password: str
    """The password."""


class PeopleApplyIn(Shape):
    """A file of people, and what was shown of it."""

    text: str
    """What `people.yaml` says."""
    plan: str | None = None
    """The `plan` that was looked at: nothing is done where it would be something else by now."""


class PeopleFileIn(Shape):
    """A file of people."""

    text: str
    """What `people.yaml` says."""


class PeopleIn(Shape):
    """Several people."""

    people: list[str]


class PeopleRemoved(Shape):
    """What may still go out of what was removed."""

    still_sending: list[str]


class PersonChangeIn(Shape):
    """What changes about a person; what is left out stays."""

    email: str | None = None
    mailed: bool | None = None
    """Whether mails of posts are wanted."""


class PersonIn(Shape):
    """Somebody to add."""

    name: str
    email: str | None = None
    groups: list[str] = []


class PersonShown(Shape):
    """A person."""

    id: str
    name: str
    email: str | None
    mailed: bool
    """Whether mails of posts are wanted."""
    created_at: AwareDatetime


class PlanMappingsIn(Shape):
    """Documents to plan."""

    documents: dict[str, Any]
    parameters: dict[str, str] | None = None
    """What `${NAME}` stands for."""


class PlanningShown(Shape):
    """How far a post is that a mapping plans for many accounts."""

    mapping: str
    made: int
    """Deliveries that there are by now."""
    of: int
    """How many there will be, as far as is known."""


class PostBrief(Shape):
    """A post, and how far it is."""

    id: str
    source_id: str
    source: str
    title: str
    text: str
    permalink: str | None
    state: str
    """`held` waits for a person, `seen` was there before."""
    reason: str
    """Why it is so, in a sentence."""
    revision: int
    published_at: AwareDatetime | None
    seen_at: AwareDatetime
    changed_at: AwareDatetime
    planning: list[PlanningShown]
    """What is being planned at this moment."""
    deliveries: dict[str, int]
    """How many, by state."""
    before: dict[str, int]
    """What waits before there are any."""


class PostShown(Shape):
    """A post as its source gave it."""

    id: str
    source_id: str
    source: str
    title: str
    text: str
    permalink: str | None
    state: str
    """`held` waits for a person, `seen` was there before."""
    reason: str
    """Why it is so, in a sentence."""
    revision: int
    published_at: AwareDatetime | None
    seen_at: AwareDatetime
    changed_at: AwareDatetime


class PreviewIn(Shape):
    """A document, and what to show of it."""

    document: dict[str, Any] | str
    """As JSON, or as a text of YAML."""
    parameters: dict[str, str] | None = None
    source: str | None = None
    """Where the post goes in; else the first."""
    sink: str | None = None
    """Only this sink."""
    text: str | None = None
    """A text to try."""
    title: str | None = None
    link: str | None = None
    tests: bool = False
    """The posts of the mapping's own tests."""
    limit: int = 3
    """How many of the newest stored posts."""


class Previewed(Shape):
    """What would become of posts."""

    posts: list[dict[str, Any]]
    """For each `post`: its `source`, `sinks` with each variant's text, length, max and unit, `waits`, `dropped`."""


class Error(Shape):
    """One thing that is not right."""

    detail: str
    """What is not right, and what to do."""
    code: str
    """What kind of mistake it is, for programs."""
    pointer: str | None = None
    """A JSON pointer into the body."""
    parameter: str | None = None
    """A parameter of the path, query or headers."""


class Problem(Shape):
    """What went wrong, in the form of RFC 9457."""

    type: str
    """An address on this instance that explains the problem."""
    title: str
    status: int
    detail: str
    """What happened, why, and what to do."""
    instance: str
    """The request's id, as in `X-Request-Id` and in the log."""
    errors: list[Error] | None = None
    """Each single thing that is not right, with its place."""


class QueueShown(Shape):
    """Posts that wait at a node."""

    mapping: str
    node: str
    posts: int
    until: AwareDatetime | None


class ReadyShown(Shape):
    """A ready-made mapping; `text` is null in lists."""

    name: str
    summary: str
    """For whom it is."""
    told: dict[str, str]
    """What it says of itself, by heading."""
    parameters: list[dict[str, Any]]
    """`name`, `title`, `description`, `kind`, `default`, `example`."""
    text: str | None = None
    """As YAML."""


class ReconnectIn(Shape):
    """A lost account is used again."""

    secrets: dict[str, str] = {}
    """Kept sealed, and never shown."""


class Reconnected(Shape):
    """What goes on."""

    deliveries: int
    """How many deliveries go on that were blocked."""


class ReleaseIn(Shape):
    """What becomes of posts that were held because too many came at once."""

    skip: bool = False
    """Never publish them, instead of letting them go on."""


class Released(Shape):
    """The posts that are held no more."""

    posts: list[str]
    skipped: bool


class ReplayMappingsIn(Shape):
    """Documents to plan, with the posts of some time through the versions that run and through these."""

    documents: dict[str, Any]
    parameters: dict[str, str] | None = None
    """What `${NAME}` stands for."""
    since: str = "7d"
    """The posts of so long."""


class RepositoryIn(Shape):
    """A repository to add."""

    url: str
    """An https address."""
    name: str = ""
    """Its name here; else the last part of its address."""
    branch: str = ""
    """Else the one that it names itself."""
    path: str = ""
    """The folder within it."""
    values_file: str = ""
    """The values file within it."""
    secret: str = ""
    """The secret that holds a token to read it."""
    every: str = "5m"
    """How often it is looked at."""
    prune: bool = False
    """Remove mappings whose files go."""


class RepositoryShown(Shape):
    """A repository of mappings."""

    id: str
    name: str
    url: str
    branch: str
    path: str
    values_file: str
    secret: str
    """The name of the secret that holds its token."""
    prune: bool
    every_s: int
    hook: bool
    """Whether its webhook has a secret."""
    commit_id: str
    """The commit that was applied last; empty before the first."""
    last_sync_at: AwareDatetime | None
    next_sync_at: AwareDatetime


class RewordIn(Shape):
    """Other words for a post that waits; what is left out stays."""

    text: str | None = None
    title: str | None = None


Role = TypeAliasType("Role", Literal["owner", "editor", "approver", "viewer", "ambassador"])
"""What a user is in a workspace; each but the ambassador may do what those below may."""


class RollbackIn(Shape):
    """To which version."""

    version: int | None = None
    """Else the one before the one that runs."""
    confirm: bool = False
    """Go on where posts wait at a node that goes away."""
    force: bool = False
    """Go on where the mapping is kept in a repository."""


class RunShown(Shape):
    """What became of a commit."""

    commit_id: str
    state: str
    """applied, unchanged or failed."""
    detail: str
    at: AwareDatetime


class RunningPauseIn(Shape):
    """What is to stop."""

    scope: Literal["workspace", "platform", "account", "mapping"]
    name: str | None = None
    """Of the platform, account or mapping."""
    reason: str = ""
    """Why, for those who see it."""


class RunningResumeIn(Shape):
    """What is to go on."""

    scope: Literal["workspace", "platform", "account", "mapping"]
    name: str | None = None
    """Of the platform, account or mapping."""
    missed: Literal["run-all", "run-last", "skip"] | None = None
    """What becomes of posts that came in while a mapping was paused; all go on else."""


class SecretIn(Shape):
    """What a secret says."""

    value: str


class SecretShown(Shape):
    """A secret, by its name."""

    name: str
    updated_at: AwareDatetime


class SessionShown(Shape):
    """A session."""

    user_id: str
    name: str
    csrf: str | None
    """Is sent as `X-CSRF-Token` with every change; null for an API key."""
    expires_at: AwareDatetime | None
    """When it ends, however much it is used; null for an API key."""


class SettingShown(Shape):
    """A setting."""

    name: str
    value: str
    """Passwords are masked; empty where nothing is set."""
    source: str
    """`environment`, `file` or `default`."""
    description: str


class SettingsShown(Shape):
    """Every setting."""

    items: list[SettingShown]


class SetupIn(Shape):
    """Making the first user."""

    token: str
    """What `chappe up` printed."""
    name: str
    """How the user is called."""
    email: str
    """A mail address; upper and lower case are the same."""
    password: str
    """12 characters or more."""


class SeveralVerdict(Shape):
    """What came of a decision about one of several posts."""

    id: str
    done: bool
    why: str
    """Why not, where it was not done."""
    paused: list[str]
    """What must be resumed first."""


class SourceHook(Shape):
    """Where others say that a source has news, and with which secret they sign (Standard Webhooks)."""

    path: str
    """Behind the address at which this server is reached."""
    secret: str
    """Shown this once."""


class SourceShown(Shape):
    """A source: when it is read, and what is wrong with it."""

    id: str
    name: str
    kind: str
    state: str
    """`live`, `failing` or `held`."""
    note: str
    failures: int
    every_s: int
    """How often it is read, in seconds."""
    held: int
    """How many posts wait for a person, since too many came at once."""
    mappings: list[str]
    """Who reads it; it is not polled where nobody does."""
    last_poll_at: AwareDatetime | None
    last_new_at: AwareDatetime | None
    next_poll_at: AwareDatetime | None
    hub: HubShown | None
    """Null where the source names none, or nothing was asked of it yet."""


State = TypeAliasType(
    "State",
    Literal[
        "waiting",
        "planned",
        "sending",
        "doubtful",
        "check_needed",
        "blocked",
        "sent",
        "rejected",
        "expired",
        "cancelled",
    ],
)
"""Where a delivery stands."""


class StayShown(Shape):
    """A post that waits at a node."""

    node: str
    reason: str
    since: AwareDatetime
    until: AwareDatetime | None
    """When the node looks at it again; not always when it goes on."""


class StopIn(Shape):
    """Why the whole instance is to stop."""

    reason: str = ""


class SwitchShown(Shape):
    """Something that is paused."""

    what: str
    since: AwareDatetime
    reason: str


class Switches(Shape):
    """What is paused."""

    items: list[SwitchShown]


class SyncIn(Shape):
    """How to sync."""

    prune: bool = False
    """Remove mappings whose files are there no more."""


class SyncPreview(Shape):
    """What a sync would do."""

    repository: str
    commit: str
    differences: list[dict[str, Any]]
    """`mapping`, `file`, `what`, `version` and nodes by name."""
    findings: list[FindingShown]
    gone: list[str]


class TermsShown(Shape):
    """What a consent allows."""

    mode: Mode
    mappings: list[str] | None
    """Null for all."""
    max_per_hour: int
    max_per_day: int
    hours: list[str]
    days: list[str]
    zone: str | None
    until: AwareDatetime | None
    how: str
    """`person` or `operator`."""
    evidence: str


class TestMappingsIn(Shape):
    """Documents whose tests are to be run."""

    documents: dict[str, Any]
    parameters: dict[str, str] | None = None
    """What `${NAME}` stands for."""
    only: str = ""
    """Only tests whose names have these words."""


class TestShown(Shape):
    """How one test went."""

    file: str
    mapping: str
    name: str
    line: int
    passed: bool
    missed: list[dict[str, Any]]
    """`line`, `column`, `path`, `expected` and `got`."""


class Tests(Shape):
    """How all tests went; `findings` are on documents that cannot be tested."""

    passed: bool
    left_out: int
    tests: list[TestShown]
    findings: list[FindingShown]


class TraceShown(Shape):
    """A sentence about a post or a delivery."""

    what: str
    sentence: str
    at: AwareDatetime
    node: str


class UserChangeIn(Shape):
    """What is to change about a user; what is left out stays."""

    name: str | None = None
    admin: bool | None = None
    """Whether the user may make workspaces and users."""
    state: str | None = None


class UserShown(Shape):
    """A user, as the administrators of the instance see them."""

    id: str
    name: str
    email: str
    admin: bool
    state: str
    """`active` or `suspended`."""
    created_at: AwareDatetime


class Verdict(Shape):
    """What came of a decision."""

    id: str
    approved: bool
    paused: list[str]
    """What must be resumed first."""


class Verdicts(Shape):
    """What came of a decision about several posts, in the order in which they were named."""

    items: list[SeveralVerdict]


class VersionItem(Shape):
    """A version in the history of a mapping."""

    number: int
    current: bool
    """Whether the mapping runs by it."""
    made_at: AwareDatetime
    made_by: str
    origin: str
    changes: str
    """What it changed of the one before."""


class VersionShown(Shape):
    """A version with its document; as YAML it is the document itself, with its comments."""

    id: str
    number: int
    hash: str
    """SHA-256 of what it says, whatever its layout."""
    made_at: AwareDatetime
    made_by: str
    origin: str
    document: dict[str, Any] | None


class Webhook(Shape):
    """An address that is called with what happens."""

    id: str
    name: str
    url: str
    """What is called."""
    kinds: list[
        Literal[
            "post.came_in",
            "post.held",
            "post.routed",
            "delivery.waiting",
            "delivery.planned",
            "delivery.blocked",
            "delivery.doubtful",
            "delivery.check_needed",
            "delivery.sent",
            "delivery.rejected",
            "delivery.expired",
            "delivery.cancelled",
            "approval.wanted",
            "approval.decided",
            "account.lost",
            "account.live",
            "source.failing",
            "source.live",
            "mapping.applied",
            "mapping.removed",
            "pause.set",
            "pause.lifted",
            "mail.given_up",
            "operation.ended",
            "webhook.disabled",
        ]
    ]
    state: Literal["live", "disabled"]
    note: str
    """Why it is disabled."""
    failing_since: AwareDatetime | None
    """Since when it has taken nothing; after 3 days it is disabled."""
    rotating_until: AwareDatetime | None
    """Until when the former secret signs too."""
    created_at: AwareDatetime


class WebhookCall(Shape):
    """One message of a webhook."""

    id: str
    """Its `webhook-id`, the same at every try."""
    kind: str
    """What it tells."""
    event_id: str
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    status: int | None
    """What was answered last; null without an answer."""
    note: str
    """Why the last try failed."""
    next_at: AwareDatetime | None
    """When it is tried again."""
    created_at: AwareDatetime
    ended_at: AwareDatetime | None
    body: str
    """What is sent."""


class WebhookChange(Shape):
    """What is to be different; what is left out stays."""

    url: str | None = None
    """The new address."""
    kinds: (
        list[
            Literal[
                "post.came_in",
                "post.held",
                "post.routed",
                "delivery.waiting",
                "delivery.planned",
                "delivery.blocked",
                "delivery.doubtful",
                "delivery.check_needed",
                "delivery.sent",
                "delivery.rejected",
                "delivery.expired",
                "delivery.cancelled",
                "approval.wanted",
                "approval.decided",
                "account.lost",
                "account.live",
                "source.failing",
                "source.live",
                "mapping.applied",
                "mapping.removed",
                "pause.set",
                "pause.lifted",
                "mail.given_up",
                "operation.ended",
                "webhook.disabled",
            ]
        ]
        | None
    ) = None
    state: Literal["live", "disabled"] | None = None
    """`live` enables it again."""


class WebhookWithSecret(Shape):
    """A webhook and its new signing secret, which is never shown again."""

    id: str
    name: str
    url: str
    """What is called."""
    kinds: list[
        Literal[
            "post.came_in",
            "post.held",
            "post.routed",
            "delivery.waiting",
            "delivery.planned",
            "delivery.blocked",
            "delivery.doubtful",
            "delivery.check_needed",
            "delivery.sent",
            "delivery.rejected",
            "delivery.expired",
            "delivery.cancelled",
            "approval.wanted",
            "approval.decided",
            "account.lost",
            "account.live",
            "source.failing",
            "source.live",
            "mapping.applied",
            "mapping.removed",
            "pause.set",
            "pause.lifted",
            "mail.given_up",
            "operation.ended",
            "webhook.disabled",
        ]
    ]
    state: Literal["live", "disabled"]
    note: str
    """Why it is disabled."""
    failing_since: AwareDatetime | None
    """Since when it has taken nothing; after 3 days it is disabled."""
    rotating_until: AwareDatetime | None
    """Until when the former secret signs too."""
    created_at: AwareDatetime
    secret: str
    """Checks the signatures."""


class WhyIn(Shape):
    """Why a post is rejected."""

    note: str
    """That is what its author reads."""


class WindowShown(Shape):
    """How much of a platform's window is used."""

    scope: str
    who: str
    name: str
    used: int
    cap: int | None
    ends_at: AwareDatetime


class WithdrawIn(Shape):
    """Which consent ends."""

    account: str | None = None
    """One account; else all that the person has."""


class WordsIn(Shape):
    """Other words for a delivery."""

    text: str
    """The new words; others of the same post keep theirs."""


class WorkspaceIn(Shape):
    """A workspace to make."""

    name: str


class WorkspaceShown(Shape):
    """A workspace."""

    id: str
    name: str
    created_at: AwareDatetime
    suspended_at: AwareDatetime | None
    """Since when nothing of it is polled or sent."""


class ApiKeyMade(Shape):
    """A key that was just made."""

    key: ApiKeyShown
    token: str
    """Shown this once: send it as `Authorization: Bearer …`."""


class AppList(Shape):
    """The platforms that need an app."""

    items: list[AppShown]


class Applied(Shape):
    """What applying did."""

    plan: str
    """The name of what was applied."""
    mappings: list[ChangeShown]
    older_posts: int
    """Older posts that go out, as `first_run` asks."""
    findings: list[FindingShown]
    missing_secrets: list[str]
    unfit_secrets: list[dict[str, Any]]
    """`secret`, `node` and `why`."""
    kept: dict[str, str]
    """The repositories in which mappings are kept, which will win again."""


class BudgetShown(Shape):
    """What may be spent in a month, and how full the platforms' windows are."""

    spent: float
    """Dollars of this month."""
    limit: float | None
    """Dollars a month; null for no limit."""
    until: AwareDatetime
    windows: list[WindowShown]


class Connected(Shape):
    """Who was found; nothing is saved yet."""

    confirm: str
    """Send it with the identity that is meant, within ten minutes."""
    workspace: str
    platform: str
    account_id: str | None
    """The account that is connected again; null for a new one."""
    identities: list[IdentityShown]


class ConsentIn(Shape):
    """A person's yes, recorded on their word; what is left out stays as the person allows it now."""

    account: str | None = None
    """One account; else all that the person has."""
    mode: Mode | None = None
    mappings: list[str] | None = None
    """An empty list is all mappings."""
    max_per_hour: int | None = None
    max_per_day: int | None = None
    hours: list[str] | None = None
    days: list[str] | None = None
    zone: str | None = None
    any_time: bool = False
    """All hours and days, where it was for some."""
    until: AwareDatetime
    """A consent that is typed in ends after 30 days at the latest."""
    evidence: str
    """Where the person's own yes can be read."""


class DeliveryFull(Shape):
    """A delivery with its words, its tries, and what was decided about it."""

    id: str
    post_id: str
    mapping: str
    sink: str
    account_id: str
    account: str
    person_id: str | None
    state: State
    reason: str
    """Why it is so, in a word; empty where that says nothing."""
    detail: str
    """Why it is so, in a sentence."""
    due_at: AwareDatetime
    """When it may be tried next."""
    tries: int
    url: str | None
    """Where it stands."""
    remote_id: str | None
    sent_at: AwareDatetime | None
    comment: str
    """How far its first comment is; empty where it has none."""
    created_at: AwareDatetime
    content: dict[str, Any] | None
    """What is sent; null where its text is no longer kept."""
    attempts: list[AttemptShown]
    trace: list[TraceShown]


class DeliveryShown(Shape):
    """A delivery: one post for one account."""

    id: str
    post_id: str
    mapping: str
    sink: str
    account_id: str
    account: str
    person_id: str | None
    state: State
    reason: str
    """Why it is so, in a word; empty where that says nothing."""
    detail: str
    """Why it is so, in a sentence."""
    due_at: AwareDatetime
    """When it may be tried next."""
    tries: int
    url: str | None
    """Where it stands."""
    remote_id: str | None
    sent_at: AwareDatetime | None
    comment: str
    """How far its first comment is; empty where it has none."""
    created_at: AwareDatetime


class GivenShown(Shape):
    """A consent of a file."""

    person: str
    account: str
    differences: list[str]
    """What becomes more or less."""
    terms: TermsShown


class Library(Shape):
    """The ready-made mappings."""

    items: list[ReadyShown]


class MappingsStatusShown(Shape):
    """How a mapping does."""

    name: str
    state: Literal["draft", "active", "paused"]
    missed: int
    """Posts that came while it was paused."""
    counts: dict[str, int]
    last_at: AwareDatetime | None
    nodes: list[NodeShown]


class MemberChangeIn(Shape):
    """What a member is from now on."""

    role: Role
    person: str | None = None
    """Who that is among the people of the workspace."""


class MemberIn(Shape):
    """Somebody to let into the workspace."""

    name: str
    """How a new user is called; one that is there keeps the name."""
    email: str
    """A mail address; upper and lower case are the same."""
    role: Role
    person: str | None = None
    """Who that is among the people of the workspace."""


class MemberShown(Shape):
    """A member of the workspace."""

    user_id: str
    name: str
    email: str
    role: Role
    person_id: str | None
    since: AwareDatetime


class MyPlace(Shape):
    """A workspace that one is in."""

    workspace: str
    """Its name."""
    role: Role
    """What one may do there."""
    person_id: str | None
    """Who one is among its people."""


class PeoplePlan(Shape):
    """What a file of people changes."""

    plan: str
    """A name that stands for all of this: give it to `apply`."""
    applied: bool
    added: list[str]
    emails: list[str]
    """Whose address changes."""
    groups: list[str]
    """Groups that are made."""
    entered: list[list[Any]]
    """Person and group."""
    left: list[list[Any]]
    """Person and group."""
    consents: list[GivenShown]
    notes: list[list[Any]]
    """What is not done, and why."""


class PeopleStandingShown(Shape):
    """What a person allows for an account."""

    account_id: str
    account: str
    platform: str
    state: str
    given: bool
    """Whether the last word was a yes."""
    terms: TermsShown | None
    """Null where the person never said anything: that is a no."""


class RecordShown(Shape):
    """One link of a person's chain."""

    seq: int
    account_id: str
    at: AwareDatetime
    given: bool
    terms: TermsShown
    hash: str
    prev_hash: str


class Repositories(Shape):
    """The repositories of a workspace."""

    items: list[RepositoryShown]


class RepositoriesStandingShown(Shape):
    """How a repository stands."""

    repository: RepositoryShown
    runs: list[RunShown]
    mappings: list[KeptShown]


class Resumed(Shape):
    """What goes on."""

    what: str
    was_paused: bool
    was_held: bool
    """Whether it was a platform that had us wait, which ends."""
    missed: MissedShown | None
    still_paused: list[SwitchShown]


class RunningStatusShown(Shape):
    """How a workspace does."""

    runs: bool | None
    """Whether a process runs it; null where that cannot be seen."""
    sources: dict[str, int]
    paused: list[SwitchShown]
    waiting: list[ItemShown]
    holding: list[QueueShown]
    deliveries: dict[str, int]
    ledger: LedgerShown


class SecretList(Shape):
    """The secrets, by name."""

    items: list[SecretShown]


class ToldShown(Shape):
    """One delivery, its tries, and what was decided about it."""

    delivery: DeliveryShown
    attempts: list[AttemptShown]
    decisions: list[TraceShown]


class WayShown(Shape):
    """A post's way through one mapping, node by node and account by account."""

    passage: PassageShown
    traces: list[TraceShown]
    stays: list[StayShown]
    deliveries: list[ToldShown]
    absent: list[AbsentShown]
    paused: SwitchShown | None
    """What stops it now."""


class AmbassadorShown(Shape):
    """A person with groups, accounts, and what is allowed for each."""

    id: str
    name: str
    email: str | None
    mailed: bool
    """Whether mails of posts are wanted."""
    created_at: AwareDatetime
    groups: list[str]
    accounts: list[PeopleStandingShown]


class Chain(Shape):
    """What a person allows, and every record of it."""

    accounts: list[PeopleStandingShown]
    records: list[RecordShown]
    intact: bool
    """Whether every record is as it was written."""


class Me(Shape):
    """Who is signed in."""

    id: str
    name: str
    email: str
    admin: bool
    """Whether one may make workspaces and users."""
    has_password: bool
    """Without one, signing in is by code."""
    workspaces: list[MyPlace]


class StoryShown(Shape):
    """All that is known of a post: why it went out, and why not."""

    post: PostShown
    traces: list[TraceShown]
    """What was decided before any mapping."""
    ways: list[WayShown]
    paused: list[SwitchShown]
    """Everything that is paused now."""
