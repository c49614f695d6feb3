"""The calls of the API that a key can make; `make generate` writes them from the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from chappe_client import models
from chappe_client.caller import Caller, Event, _part

if TYPE_CHECKING:
    from collections.abc import Iterator


class Chappe(Caller):
    """One instance of Chappe, called with an API key."""

    def stream_events(
        self,
        workspace: str,
        *,
        mapping: str | None = None,
        node: str | None = None,
        account: str | None = None,
        kind: str | list[str] | None = None,
        last_event_id: str | None = None,
    ) -> Iterator[Event]:
        """Stream what happens.

        Stream events as they happen, as server-sent events: `id`, `event` (its kind) and `data`, a JSON
        document.

        Whoever sends `Last-Event-ID`, as browsers do by themselves, is told everything since, of the last 30
        days. The stream ends with an event `end`, whose `reason` is `slow`, `renew` or `restarting`: open it
        again, and it goes on.
        """
        return self._events(
            f"/api/v1/workspaces/{_part(workspace)}/events",
            query={"mapping": mapping, "node": node, "account": account, "kind": kind},
            headers={"last-event-id": last_event_id},
        )

    def list_webhooks(self, workspace: str) -> Iterator[models.Webhook]:
        """List webhooks.

        List the addresses that are called with what happens; there are few, so they come in one page.
        """
        return self._pages(models.Webhook, f"/api/v1/workspaces/{_part(workspace)}/webhooks", query={})

    def add_webhook(
        self, workspace: str, body: models.NewWebhook, *, idempotency_key: str | None = None
    ) -> models.WebhookWithSecret:
        """Add a webhook.

        Add an address, which is called with what happens from now on. The answer alone shows its signing
        secret.
        """
        return self._read(
            models.WebhookWithSecret,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/webhooks",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def get_webhook(self, workspace: str, name: str) -> models.Webhook:
        """Show a webhook.

        Show an address, and why it is disabled where it is.
        """
        return self._read(models.Webhook, "GET", f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}")

    def change_webhook(
        self, workspace: str, name: str, body: models.WebhookChange, *, if_match: str | None = None
    ) -> models.Webhook:
        """Change a webhook.

        Change the address or the kinds, disable it, or enable it again: then what happened meanwhile is not
        told.
        """
        return self._read(
            models.Webhook,
            "PATCH",
            f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}",
            headers={"if-match": if_match},
            body=body,
        )

    def remove_webhook(self, workspace: str, name: str, *, if_match: str | None = None) -> None:
        """Remove a webhook.

        Remove an address with its log.
        """
        self._call(
            "DELETE", f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}", headers={"if-match": if_match}
        )

    def rotate_webhook(
        self, workspace: str, name: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.WebhookWithSecret:
        """Change the signing secret.

        Make a new signing secret; for 24 hours every message carries the signatures of both.
        """
        return self._read(
            models.WebhookWithSecret,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}/rotate",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
        )

    def test_webhook(self, workspace: str, name: str, *, idempotency_key: str | None = None) -> models.WebhookCall:
        """Test a webhook.

        Send a message `webhook.test` now, once, and tell what was answered.
        """
        return self._read(
            models.WebhookCall,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}/test",
            headers={"Idempotency-Key": idempotency_key},
        )

    def list_webhook_calls(
        self,
        workspace: str,
        name: str,
        *,
        state: Literal["waiting", "delivered", "failed"] | None = None,
        limit: int | None = None,
    ) -> Iterator[models.WebhookCall]:
        """Show a webhook's log.

        List its messages, newest first; ended ones are kept for 30 days.
        """
        return self._pages(
            models.WebhookCall,
            f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}/calls",
            query={"state": state, "limit": limit},
        )

    def redeliver_webhook_call(
        self, workspace: str, name: str, call_id: str, *, idempotency_key: str | None = None
    ) -> models.WebhookCall:
        """Send a message again.

        Send a message of the log again soon, with the same `webhook-id`, and with all its tries before it.
        """
        return self._read(
            models.WebhookCall,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/webhooks/{_part(name)}/calls/{_part(call_id)}/redeliver",
            headers={"Idempotency-Key": idempotency_key},
        )

    def list_operations(
        self, workspace: str, *, limit: int | None = None, kind: str | None = None
    ) -> Iterator[models.Operation]:
        """List long work.

        List the workspace's long work of the last 30 days, newest first.
        """
        return self._pages(
            models.Operation, f"/api/v1/workspaces/{_part(workspace)}/operations", query={"limit": limit, "kind": kind}
        )

    def get_operation(self, workspace: str, operation_id: str) -> models.Operation:
        """Show long work.

        Show how far it is, and once it has ended what came of it.
        """
        return self._read(
            models.Operation, "GET", f"/api/v1/workspaces/{_part(workspace)}/operations/{_part(operation_id)}"
        )

    def cancel_operation(
        self, workspace: str, operation_id: str, *, idempotency_key: str | None = None
    ) -> models.Operation:
        """Cancel long work.

        Stop it: at once, or within seconds where another process does it. What it has done by then stays.

        Of a fan-out no further account is planned, and the deliveries that have not gone out are cancelled.
        """
        return self._read(
            models.Operation,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/operations/{_part(operation_id)}/cancel",
            headers={"Idempotency-Key": idempotency_key},
        )

    def follow_operation(self, workspace: str, operation_id: str) -> Iterator[Event]:
        """Follow long work.

        Stream its progress as server-sent events `progress`, each the whole operation; `end` is the last one.
        """
        return self._events(f"/api/v1/workspaces/{_part(workspace)}/operations/{_part(operation_id)}/events", query={})

    def show_session(self) -> models.SessionShown:
        """Show the session.

        Show who is signed in, and the token to send with every change.
        """
        return self._read(models.SessionShown, "GET", "/api/v1/session")

    def show_me(self) -> models.Me:
        """Show who I am.

        Show the user and the workspaces that the user is in; with an API key, only the one that the key is
        for.
        """
        return self._read(models.Me, "GET", "/api/v1/me")

    def list_members(self, workspace: str, *, limit: int | None = None) -> Iterator[models.MemberShown]:
        """List members.

        List who is in the workspace, oldest user first.
        """
        return self._pages(models.MemberShown, f"/api/v1/workspaces/{_part(workspace)}/members", query={"limit": limit})

    def add_member(
        self, workspace: str, body: models.MemberIn, *, idempotency_key: str | None = None
    ) -> models.MemberShown:
        """Let somebody in.

        Let a user in by mail address; a new one signs in by a code that comes by mail.
        """
        return self._read(
            models.MemberShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/members",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_member(self, workspace: str, user: str) -> models.MemberShown:
        """Show a member.

        Show what a user is in the workspace.
        """
        return self._read(models.MemberShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/members/{_part(user)}")

    def change_member(
        self, workspace: str, user: str, body: models.MemberChangeIn, *, if_match: str | None = None
    ) -> models.MemberShown:
        """Change what a member is.

        Change the role of a member, which counts at once; the only owner stays one.
        """
        return self._read(
            models.MemberShown,
            "PUT",
            f"/api/v1/workspaces/{_part(workspace)}/members/{_part(user)}",
            headers={"if-match": if_match},
            body=body,
        )

    def remove_member(self, workspace: str, user: str, *, if_match: str | None = None) -> None:
        """Take a member out.

        Take a user, and the API keys made here, out of the workspace at once; the only owner stays.
        """
        self._call(
            "DELETE", f"/api/v1/workspaces/{_part(workspace)}/members/{_part(user)}", headers={"if-match": if_match}
        )

    def list_api_keys(self, workspace: str, *, limit: int | None = None) -> Iterator[models.ApiKeyShown]:
        """List API keys.

        List one's own API keys, an owner those of everybody, oldest first; the revoked ones too.
        """
        return self._pages(
            models.ApiKeyShown, f"/api/v1/workspaces/{_part(workspace)}/api-keys", query={"limit": limit}
        )

    def create_api_key(
        self, workspace: str, body: models.ApiKeyIn, *, idempotency_key: str | None = None
    ) -> models.ApiKeyMade:
        """Make an API key.

        Make a key for oneself in this workspace; it may do what its scopes say and its owner's role allows.
        """
        return self._read(
            models.ApiKeyMade,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/api-keys",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_api_key(self, workspace: str, key: str) -> models.ApiKeyShown:
        """Show an API key.

        Show a key, never its secret.
        """
        return self._read(models.ApiKeyShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/api-keys/{_part(key)}")

    def revoke_api_key(self, workspace: str, key: str) -> None:
        """Revoke an API key.

        End a key at once, one's own or, as an owner, anybody's.
        """
        self._call("DELETE", f"/api/v1/workspaces/{_part(workspace)}/api-keys/{_part(key)}")

    def list_workspaces(self, *, limit: int | None = None) -> Iterator[models.WorkspaceShown]:
        """List my workspaces.

        List the workspaces that one is in, oldest first; with an API key, the one that the key is for.
        """
        return self._pages(models.WorkspaceShown, "/api/v1/workspaces", query={"limit": limit})

    def show_workspace(self, workspace: str) -> models.WorkspaceShown:
        """Show a workspace.

        Show a workspace that one is in.
        """
        return self._read(models.WorkspaceShown, "GET", f"/api/v1/workspaces/{_part(workspace)}")

    def delete_workspace(self, workspace: str, *, confirm: str | None = None) -> None:
        """Delete a workspace for good.

        Delete a workspace with everything in it, where `confirm` repeats its name; nothing brings it back.
        """
        self._call("DELETE", f"/api/v1/workspaces/{_part(workspace)}", query={"confirm": confirm})

    def list_posts(
        self,
        workspace: str,
        *,
        limit: int | None = None,
        state: str | None = None,
        source: str | None = None,
        mapping: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: models.Order | None = None,
    ) -> Iterator[models.PostBrief]:
        """List posts.

        List posts, newest first unless `sort` says otherwise, each with how many deliveries it has by state.
        """
        return self._pages(
            models.PostBrief,
            f"/api/v1/workspaces/{_part(workspace)}/posts",
            query={
                "limit": limit,
                "state": state,
                "source": source,
                "mapping": mapping,
                "since": since,
                "until": until,
                "sort": sort,
            },
        )

    def show_post(self, workspace: str, post: str) -> models.PostBrief:
        """Show a post.

        Show a post, and how many deliveries it has by state.
        """
        return self._read(models.PostBrief, "GET", f"/api/v1/workspaces/{_part(workspace)}/posts/{_part(post)}")

    def explain_post(self, workspace: str, post: str) -> models.StoryShown:
        """Tell why a post went out, and why not.

        Tell a post's story: node by node through every mapping, then account by account.
        """
        return self._read(
            models.StoryShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/posts/{_part(post)}/explain"
        )

    def cancel_post(
        self, workspace: str, post: str, body: models.CallOffIn, *, idempotency_key: str | None = None
    ) -> models.CalledOff:
        """Call a post off.

        Plan nothing more of a post, drop what nodes hold of it, and end its deliveries that have not gone
        out.
        """
        return self._read(
            models.CalledOff,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/posts/{_part(post)}/cancel",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_deliveries(
        self,
        workspace: str,
        *,
        limit: int | None = None,
        state: models.State | list[models.State] | None = None,
        mapping: str | None = None,
        sink: str | None = None,
        account: str | None = None,
        person: str | None = None,
        post: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: models.Order | None = None,
    ) -> Iterator[models.DeliveryShown]:
        """List deliveries.

        List deliveries, newest first unless `sort` says otherwise.

        Those of one account, mapping, person or post are listed by the age of their posts.
        """
        return self._pages(
            models.DeliveryShown,
            f"/api/v1/workspaces/{_part(workspace)}/deliveries",
            query={
                "limit": limit,
                "state": state,
                "mapping": mapping,
                "sink": sink,
                "account": account,
                "person": person,
                "post": post,
                "since": since,
                "until": until,
                "sort": sort,
            },
        )

    def decide_deliveries(
        self, workspace: str, body: models.DecideIn, *, idempotency_key: str | None = None
    ) -> models.Outcomes:
        """Decide about several deliveries.

        Make the same move for several deliveries; one that cannot be moved says why, and holds up no other.
        """
        return self._read(
            models.Outcomes,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/decide",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_delivery(self, workspace: str, delivery: str) -> models.DeliveryFull:
        """Show a delivery.

        Show a delivery: its words, where it stands and why, every try, and what was decided.
        """
        return self._read(
            models.DeliveryFull, "GET", f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}"
        )

    def approve_delivery(
        self, workspace: str, delivery: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.DeliveryShown:
        """Let a waiting delivery out.

        Let a delivery out that waits for a yes, not before the time that it was planned for.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}/approve",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
        )

    def reject_delivery(
        self,
        workspace: str,
        delivery: str,
        body: models.NoteIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.DeliveryShown:
        """Say no to a waiting delivery.

        End a delivery that waits for a yes.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}/reject",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def edit_delivery(
        self,
        workspace: str,
        delivery: str,
        body: models.WordsIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.DeliveryShown:
        """Change the words of a delivery.

        Change the words of a delivery that has not gone out; where a yes is asked for, it is asked for again.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}/edit",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def retry_delivery(
        self, workspace: str, delivery: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.DeliveryShown:
        """Plan a delivery again.

        Plan a delivery again, now, with all its tries: rejected, expired, cancelled, blocked or put off.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}/retry",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
        )

    def cancel_delivery(
        self, workspace: str, delivery: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.DeliveryShown:
        """Cancel a delivery.

        End a delivery that has not gone out.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}/cancel",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
        )

    def confirm_delivery(
        self,
        workspace: str,
        delivery: str,
        body: models.DeliveriesConfirmIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.DeliveryShown:
        """Settle a delivery that may have gone out.

        Settle a delivery that only a look at the account can settle.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/deliveries/{_part(delivery)}/confirm",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_approvals(
        self, workspace: str, *, mapping: str | None = None, limit: int | None = None
    ) -> Iterator[models.ApprovalShown]:
        """List posts that wait for an editor.

        List the posts that wait for an editor, the longest waiting first.
        """
        return self._pages(
            models.ApprovalShown,
            f"/api/v1/workspaces/{_part(workspace)}/approvals",
            query={"mapping": mapping, "limit": limit},
        )

    def show_approval(self, workspace: str, approval: str) -> models.ApprovalFull:
        """Show a post that waits.

        Show a post that waits, and what it would become, sink by sink.
        """
        return self._read(
            models.ApprovalFull, "GET", f"/api/v1/workspaces/{_part(workspace)}/approvals/{_part(approval)}"
        )

    def approve_post(
        self,
        workspace: str,
        approval: str,
        body: models.NoteIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.Verdict:
        """Let a post go on.

        Let a post go on at once.
        """
        return self._read(
            models.Verdict,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/approvals/{_part(approval)}/approve",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def reject_post(
        self,
        workspace: str,
        approval: str,
        body: models.WhyIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.Verdict:
        """End a post.

        End a post here: nothing of it is published behind this node.
        """
        return self._read(
            models.Verdict,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/approvals/{_part(approval)}/reject",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def edit_post(
        self,
        workspace: str,
        approval: str,
        body: models.RewordIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.ApprovalFull:
        """Change the words of a post that waits.

        Change words that go through the nodes behind, as they would; the post goes on waiting.
        """
        return self._read(
            models.ApprovalFull,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/approvals/{_part(approval)}/edit",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def decide_posts(
        self, workspace: str, body: models.DecidePostsIn, *, idempotency_key: str | None = None
    ) -> models.Verdicts:
        """Decide about several posts that wait.

        Let several posts go on, or end them; one that cannot be decided says why, and holds up no other.
        """
        return self._read(
            models.Verdicts,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/approvals/decide",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_sources(self, workspace: str, *, limit: int | None = None) -> Iterator[models.SourceShown]:
        """List sources.

        List the sources, oldest first: when each is read, and what is wrong with it.
        """
        return self._pages(models.SourceShown, f"/api/v1/workspaces/{_part(workspace)}/sources", query={"limit": limit})

    def show_source(self, workspace: str, source: str) -> models.SourceShown:
        """Show a source.

        Show a source.
        """
        return self._read(models.SourceShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/sources/{_part(source)}")

    def poll_source(self, workspace: str, source: str, *, idempotency_key: str | None = None) -> models.SourceShown:
        """Read a source now.

        Read a source now instead of at its next time; it is done within seconds.
        """
        return self._read(
            models.SourceShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/sources/{_part(source)}/poll",
            headers={"Idempotency-Key": idempotency_key},
        )

    def release_source(
        self, workspace: str, source: str, body: models.ReleaseIn, *, idempotency_key: str | None = None
    ) -> models.Released:
        """Decide about held posts.

        Let posts go on that were held because too many came at once, or skip them.
        """
        return self._read(
            models.Released,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/sources/{_part(source)}/release",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def make_source_hook(self, workspace: str, source: str, *, idempotency_key: str | None = None) -> models.SourceHook:
        """Make a source's hook.

        Make the secret with which others say that the source has news, in place of an earlier one. It is
        shown once.
        """
        return self._read(
            models.SourceHook,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/sources/{_part(source)}/hook",
            headers={"Idempotency-Key": idempotency_key},
        )

    def remove_source_hook(self, workspace: str, source: str) -> None:
        """Remove a source's hook.

        Let nobody wake the source any more.
        """
        self._call("DELETE", f"/api/v1/workspaces/{_part(workspace)}/sources/{_part(source)}/hook")

    def list_pauses(self, workspace: str) -> models.Switches:
        """List what is paused.

        List what is paused: of this workspace, and everything where the whole instance is.
        """
        return self._read(models.Switches, "GET", f"/api/v1/workspaces/{_part(workspace)}/pauses")

    def pause(
        self, workspace: str, body: models.RunningPauseIn, *, idempotency_key: str | None = None
    ) -> models.Switches:
        """Pause something.

        Stop the workspace, a platform, an account or a mapping at once; what is being sent at this moment
        finishes.
        """
        return self._read(
            models.Switches,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/pauses/pause",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def resume(
        self, workspace: str, body: models.RunningResumeIn, *, idempotency_key: str | None = None
    ) -> models.Resumed:
        """Let something go on.

        Let what was paused go on; what has become too late meanwhile is not sent any more.
        """
        return self._read(
            models.Resumed,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/pauses/resume",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_status(self, workspace: str) -> models.RunningStatusShown:
        """Tell what waits for a person.

        Tell what runs, what waits for a person with the command that deals with it, and whether the ledger
        adds up.
        """
        return self._read(models.RunningStatusShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/status")

    def show_ledger(self, workspace: str) -> models.LedgerShown:
        """Tell whether everything adds up.

        Tell what became of every branch of every post, and which routes do not add up.
        """
        return self._read(models.LedgerShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/ledger")

    def show_budget(self, workspace: str) -> models.BudgetShown:
        """Show the budget.

        Show what was spent this month, of which limit, and how full the windows are that platforms set.
        """
        return self._read(models.BudgetShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/budget")

    def set_budget(self, workspace: str, body: models.BudgetIn, *, if_match: str | None = None) -> models.BudgetShown:
        """Set the budget.

        Limit what platforms that charge may cost in a month; what lacked money goes on as far as it reaches.
        """
        return self._read(
            models.BudgetShown,
            "PUT",
            f"/api/v1/workspaces/{_part(workspace)}/budget",
            headers={"if-match": if_match},
            body=body,
        )

    def list_accounts(self, workspace: str, *, limit: int | None = None) -> Iterator[models.AccountShown]:
        """List accounts.

        List the accounts, oldest first, and which of them must be connected again.
        """
        return self._pages(
            models.AccountShown, f"/api/v1/workspaces/{_part(workspace)}/accounts", query={"limit": limit}
        )

    def add_account(
        self, workspace: str, body: models.AccountIn, *, idempotency_key: str | None = None
    ) -> models.AccountFull:
        """Add an account.

        Add an account: the company's own, or somebody's, who must consent before it is used.
        """
        return self._read(
            models.AccountFull,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/accounts",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_account(self, workspace: str, account: str) -> models.AccountFull:
        """Show an account.

        Show an account; its settings to owners, its secrets to nobody.
        """
        return self._read(models.AccountFull, "GET", f"/api/v1/workspaces/{_part(workspace)}/accounts/{_part(account)}")

    def change_account(
        self, workspace: str, account: str, body: models.AccountChangeIn, *, if_match: str | None = None
    ) -> models.AccountFull:
        """Change settings of an account.

        Change settings, checked together with those that stay.
        """
        return self._read(
            models.AccountFull,
            "PATCH",
            f"/api/v1/workspaces/{_part(workspace)}/accounts/{_part(account)}",
            headers={"if-match": if_match},
            body=body,
        )

    def remove_account(self, workspace: str, account: str, *, if_match: str | None = None) -> models.PeopleRemoved:
        """Remove an account.

        Remove an account with its secrets, its consent and all its deliveries, for good.
        """
        return self._read(
            models.PeopleRemoved,
            "DELETE",
            f"/api/v1/workspaces/{_part(workspace)}/accounts/{_part(account)}",
            headers={"if-match": if_match},
        )

    def show_account_health(self, workspace: str, account: str) -> models.HealthShown:
        """Tell whether an account can be used.

        Tell whether an account can be used, until when, and what is paused over it.
        """
        return self._read(
            models.HealthShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/accounts/{_part(account)}/health"
        )

    def reconnect_account(
        self,
        workspace: str,
        account: str,
        body: models.ReconnectIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.Reconnected:
        """Use a lost account again.

        Use a lost account again, with new secrets where there are any; one of a browser platform is connected
        again.
        """
        return self._read(
            models.Reconnected,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/accounts/{_part(account)}/reconnect",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_secrets(self, workspace: str) -> models.SecretList:
        """List secrets.

        List the names of the secrets; what they say is never shown.
        """
        return self._read(models.SecretList, "GET", f"/api/v1/workspaces/{_part(workspace)}/secrets")

    def set_secret(self, workspace: str, secret: str, body: models.SecretIn) -> models.Reconnected:
        """Set a secret.

        Keep a secret, sealed: mappings name it `secret://NAME`; what lacked it goes on.
        """
        return self._read(
            models.Reconnected, "PUT", f"/api/v1/workspaces/{_part(workspace)}/secrets/{_part(secret)}", body=body
        )

    def remove_secret(self, workspace: str, secret: str) -> None:
        """Remove a secret.

        Remove a secret: mappings that name it cannot publish until it is set again.
        """
        self._call("DELETE", f"/api/v1/workspaces/{_part(workspace)}/secrets/{_part(secret)}")

    def list_apps(self, workspace: str) -> models.AppList:
        """List apps.

        List the platforms that need an app, and whether one is set.
        """
        return self._read(models.AppList, "GET", f"/api/v1/workspaces/{_part(workspace)}/apps")

    def show_app(self, workspace: str, platform: str) -> models.AppShown:
        """Show the app of a platform.

        Show the app of a platform, defaults included; of its secrets only whether they are set.
        """
        return self._read(models.AppShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/apps/{_part(platform)}")

    def set_app(self, workspace: str, platform: str, body: models.AppIn) -> models.Reconnected:
        """Set the app of a platform.

        Set the app of a platform; what a missing or wrong one had blocked goes on.
        """
        return self._read(
            models.Reconnected, "PUT", f"/api/v1/workspaces/{_part(workspace)}/apps/{_part(platform)}", body=body
        )

    def remove_app(self, workspace: str, platform: str) -> None:
        """Remove the app of a platform.

        Remove an app with its secrets: its accounts stay, and cannot be renewed or connected until one is
        set.
        """
        self._call("DELETE", f"/api/v1/workspaces/{_part(workspace)}/apps/{_part(platform)}")

    def list_people(self, workspace: str, *, limit: int | None = None) -> Iterator[models.AmbassadorShown]:
        """List people.

        List the people, the first added first, with accounts, groups, and what they allow.
        """
        return self._pages(
            models.AmbassadorShown, f"/api/v1/workspaces/{_part(workspace)}/people", query={"limit": limit}
        )

    def add_person(
        self, workspace: str, body: models.PersonIn, *, idempotency_key: str | None = None
    ) -> models.PersonShown:
        """Add a person.

        Add a person, and put them into groups.
        """
        return self._read(
            models.PersonShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/people",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def plan_people(
        self, workspace: str, body: models.PeopleFileIn, *, idempotency_key: str | None = None
    ) -> models.PeoplePlan:
        """Tell what a file of people would change.

        Tell what a file changes, and change nothing.
        """
        return self._read(
            models.PeoplePlan,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/people/plan",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def apply_people(
        self, workspace: str, body: models.PeopleApplyIn, *, idempotency_key: str | None = None
    ) -> models.PeoplePlan:
        """Apply a file of people.

        Add and change people, groups and consents as a file says, in one step; it removes nobody.

        With the `plan` that was shown, only where the file does the same still (409).
        """
        return self._read(
            models.PeoplePlan,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/people/apply",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_person(self, workspace: str, person: str) -> models.AmbassadorShown:
        """Show a person.

        Show a person with accounts, groups, and what is allowed.
        """
        return self._read(
            models.AmbassadorShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/people/{_part(person)}"
        )

    def change_person(
        self, workspace: str, person: str, body: models.PersonChangeIn, *, if_match: str | None = None
    ) -> models.AmbassadorShown:
        """Change a person.

        Change where a person is written to, and whether of posts at all.

        Whoever reads those mails may decide in that name, so it is for owners.
        """
        return self._read(
            models.AmbassadorShown,
            "PATCH",
            f"/api/v1/workspaces/{_part(workspace)}/people/{_part(person)}",
            headers={"if-match": if_match},
            body=body,
        )

    def remove_person(self, workspace: str, person: str, *, if_match: str | None = None) -> models.PeopleRemoved:
        """Delete a person.

        Delete a person with all accounts, consents and deliveries, for good.
        """
        return self._read(
            models.PeopleRemoved,
            "DELETE",
            f"/api/v1/workspaces/{_part(workspace)}/people/{_part(person)}",
            headers={"if-match": if_match},
        )

    def list_groups(self, workspace: str, *, limit: int | None = None) -> Iterator[models.GroupShown]:
        """List groups.

        List the groups, the oldest first: the audiences of mappings.
        """
        return self._pages(models.GroupShown, f"/api/v1/workspaces/{_part(workspace)}/groups", query={"limit": limit})

    def add_group(
        self, workspace: str, body: models.GroupIn, *, idempotency_key: str | None = None
    ) -> models.GroupShown:
        """Make a group.

        Make a group, and put people into it.
        """
        return self._read(
            models.GroupShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/groups",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_group(self, workspace: str, group: str) -> models.GroupShown:
        """Show a group.

        Show a group, and how many are in it.
        """
        return self._read(models.GroupShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/groups/{_part(group)}")

    def remove_group(self, workspace: str, group: str, *, if_match: str | None = None) -> None:
        """Remove a group.

        Remove a group, not its people; sinks that name it reach nobody then.
        """
        self._call(
            "DELETE", f"/api/v1/workspaces/{_part(workspace)}/groups/{_part(group)}", headers={"if-match": if_match}
        )

    def list_group_members(
        self, workspace: str, group: str, *, limit: int | None = None
    ) -> Iterator[models.PersonShown]:
        """List who is in a group.

        List the people of a group, the first added first.
        """
        return self._pages(
            models.PersonShown,
            f"/api/v1/workspaces/{_part(workspace)}/groups/{_part(group)}/members",
            query={"limit": limit},
        )

    def enter_group(
        self, workspace: str, group: str, body: models.PeopleIn, *, idempotency_key: str | None = None
    ) -> models.GroupShown:
        """Put people into a group.

        Put people into a group; who is in it already stays in it.
        """
        return self._read(
            models.GroupShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/groups/{_part(group)}/members",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def leave_group(self, workspace: str, group: str, person: str) -> models.GroupShown:
        """Take somebody out of a group.

        Take somebody out of a group.
        """
        return self._read(
            models.GroupShown,
            "DELETE",
            f"/api/v1/workspaces/{_part(workspace)}/groups/{_part(group)}/members/{_part(person)}",
        )

    def show_consents(self, workspace: str, person: str) -> models.Chain:
        """Show what a person allows, and every record of it.

        Show what a person allows, account by account, and the append-only chain of records behind it.
        """
        return self._read(models.Chain, "GET", f"/api/v1/workspaces/{_part(workspace)}/people/{_part(person)}/consents")

    def give_consent(
        self, workspace: str, person: str, body: models.ConsentIn, *, idempotency_key: str | None = None
    ) -> models.Effects:
        """Record a person's yes.

        Record a yes on a person's word; it ends after 30 days at the latest, since it is not their own
        signature.
        """
        return self._read(
            models.Effects,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/people/{_part(person)}/consents",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def withdraw_consent(
        self, workspace: str, person: str, body: models.WithdrawIn, *, idempotency_key: str | None = None
    ) -> models.Effects:
        """Withdraw a person's consent.

        End a consent: everything that is not already being sent in that name is cancelled.
        """
        return self._read(
            models.Effects,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/people/{_part(person)}/consents/withdraw",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_my_deliveries(
        self,
        workspace: str,
        *,
        limit: int | None = None,
        state: models.State | list[models.State] | None = None,
        mapping: str | None = None,
        sink: str | None = None,
        account: str | None = None,
        person: str | None = None,
        post: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: models.Order | None = None,
    ) -> Iterator[models.DeliveryShown]:
        """List my deliveries.

        List the deliveries of one's own accounts, those of the newest post first.
        """
        return self._pages(
            models.DeliveryShown,
            f"/api/v1/workspaces/{_part(workspace)}/me/deliveries",
            query={
                "limit": limit,
                "state": state,
                "mapping": mapping,
                "sink": sink,
                "account": account,
                "person": person,
                "post": post,
                "since": since,
                "until": until,
                "sort": sort,
            },
        )

    def show_my_delivery(self, workspace: str, delivery: str) -> models.DeliveryFull:
        """Show a delivery of mine.

        Show a delivery of one's own: its words, where it stands, every try.
        """
        return self._read(
            models.DeliveryFull, "GET", f"/api/v1/workspaces/{_part(workspace)}/me/deliveries/{_part(delivery)}"
        )

    def approve_my_delivery(
        self, workspace: str, delivery: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.DeliveryShown:
        """Let a delivery of mine out.

        Let a delivery of one's own out.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/me/deliveries/{_part(delivery)}/approve",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
        )

    def reject_my_delivery(
        self,
        workspace: str,
        delivery: str,
        body: models.NoteIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.DeliveryShown:
        """Say no to a delivery of mine.

        Say no to a delivery of one's own.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/me/deliveries/{_part(delivery)}/reject",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def edit_my_delivery(
        self,
        workspace: str,
        delivery: str,
        body: models.WordsIn,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.DeliveryShown:
        """Change the words of a delivery of mine.

        Change the words of a delivery of one's own that has not gone out.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/me/deliveries/{_part(delivery)}/edit",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def cancel_my_delivery(
        self, workspace: str, delivery: str, *, if_match: str | None = None, idempotency_key: str | None = None
    ) -> models.DeliveryShown:
        """Cancel a delivery of mine.

        End a delivery of one's own that has not gone out.
        """
        return self._read(
            models.DeliveryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/me/deliveries/{_part(delivery)}/cancel",
            headers={"if-match": if_match, "Idempotency-Key": idempotency_key},
        )

    def show_my_consents(self, workspace: str) -> models.Chain:
        """Show what I allow.

        Show what one allows for one's accounts, and every record of it.
        """
        return self._read(models.Chain, "GET", f"/api/v1/workspaces/{_part(workspace)}/me/consents")

    def withdraw_my_consent(
        self, workspace: str, body: models.WithdrawIn, *, idempotency_key: str | None = None
    ) -> models.Effects:
        """Withdraw my consent.

        End one's consent: everything that is not already being sent in one's name is cancelled.
        """
        return self._read(
            models.Effects,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/me/consents/withdraw",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def lint_mappings(
        self, workspace: str, body: models.LintMappingsIn | str, *, idempotency_key: str | None = None
    ) -> models.Findings:
        """Lint documents.

        Tell everything that is wrong with documents, without looking at the workspace. Nothing is stored.
        """
        return self._read(
            models.Findings,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/lint",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def check_mappings(
        self,
        workspace: str,
        body: models.CheckMappingsIn | str,
        *,
        prefer: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.Findings:
        """Check documents.

        Tell what applying documents would remark: as `lint`, and accounts, groups and other mappings are
        looked up.
        """
        return self._read(
            models.Findings,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/check",
            headers={"prefer": prefer, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def format_mapping(self, workspace: str, body: str, *, idempotency_key: str | None = None) -> str:
        """Format a document.

        Put a document of YAML into the one order and layout. Comments stay, and nothing is said otherwise.
        """
        return self._call(
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/format",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        ).text

    def test_mappings(
        self,
        workspace: str,
        body: models.TestMappingsIn | str,
        *,
        prefer: str | None = None,
        idempotency_key: str | None = None,
    ) -> models.Tests:
        """Run the tests of documents.

        Run the `tests:` of documents, without the workspace and without a network; fixtures in files are not
        there.
        """
        return self._read(
            models.Tests,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/test",
            headers={"prefer": prefer, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def preview_mapping(
        self, workspace: str, body: models.PreviewIn, *, idempotency_key: str | None = None
    ) -> models.Previewed:
        """Preview what a document would publish.

        Show each network's rendering with counts, or why there is nothing. Nothing is sent or stored.

        The post is what is given by `text`, `title` and `link`; else the newest stored posts of its sources,
        or those of its tests.
        """
        return self._read(
            models.Previewed,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/preview",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def plan_mappings(
        self,
        workspace: str,
        body: models.PlanMappingsIn | str,
        *,
        prefer: str | None = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Plan a change.

        Tell what applying documents would change, and change nothing.

        The answer is a plan for `apply`, which holds the documents and a name that stands for all that it
        holds to be so: what they mean, the versions that run, and the accounts that they reach.
        """
        return self._read(
            dict[str, Any],
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/plan",
            headers={"prefer": prefer, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def replay_mappings(
        self, workspace: str, body: models.ReplayMappingsIn | str, *, idempotency_key: str | None = None
    ) -> models.Operation:
        """Plan a change with older posts.

        Begin to plan, and to let the posts of some time travel the versions that run and these documents.

        The result of the operation is the plan, with what would have gone out otherwise, to whom, when and in
        which words.
        """
        return self._read(
            models.Operation,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/replay",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def apply_mappings(
        self, workspace: str, body: models.ApplyIn, *, prefer: str | None = None, idempotency_key: str | None = None
    ) -> models.Applied:
        """Apply a plan, or documents.

        Save documents as versions and let them run: all of them, or none.

        With a plan, only where what it held to be so still is (409). As an operation it can be cancelled
        until they are saved.
        """
        return self._read(
            models.Applied,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/apply",
            headers={"prefer": prefer, "Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_mappings(self, workspace: str, *, limit: int | None = None) -> Iterator[models.MappingItem]:
        """List mappings.

        List the workspace's mappings by name.
        """
        return self._pages(
            models.MappingItem, f"/api/v1/workspaces/{_part(workspace)}/mappings", query={"limit": limit}
        )

    def create_mapping(
        self, workspace: str, body: dict[str, Any] | str, *, idempotency_key: str | None = None
    ) -> models.MappingShown:
        """Make a mapping.

        Make a mapping of a document, JSON or YAML, and let it run; refused where there is one of that name.
        """
        return self._read(
            models.MappingShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def get_mapping(self, workspace: str, name: str) -> models.MappingShown:
        """Show a mapping.

        Show a mapping with the document by which it runs, as JSON or, with its comments, as YAML.
        """
        return self._read(models.MappingShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}")

    def put_mapping(
        self,
        workspace: str,
        name: str,
        body: dict[str, Any] | str,
        *,
        force: bool | None = None,
        confirm: bool | None = None,
        if_match: str | None = None,
    ) -> models.MappingShown:
        """Change a mapping.

        Lint a document, JSON or YAML, save it as a version, and let the mapping run by it; makes one that is
        not there.

        With `If-Match`, only where nobody has changed it since.
        """
        return self._read(
            models.MappingShown,
            "PUT",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}",
            query={"force": force, "confirm": confirm},
            headers={"if-match": if_match},
            body=body,
        )

    def delete_mapping(
        self, workspace: str, name: str, *, force: bool | None = None, if_match: str | None = None
    ) -> models.MappingsRemoved:
        """End a mapping.

        End a mapping: what waits in it is dropped, and what is not sent yet cancelled. Its versions stay.
        """
        return self._read(
            models.MappingsRemoved,
            "DELETE",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}",
            query={"force": force},
            headers={"if-match": if_match},
        )

    def get_mapping_status(self, workspace: str, name: str, *, days: int | None = None) -> models.MappingsStatusShown:
        """Show how a mapping does.

        Show what each node holds, what is due, waits, is blocked or in doubt, and what has ended lately.
        """
        return self._read(
            models.MappingsStatusShown,
            "GET",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/status",
            query={"days": days},
        )

    def pause_mapping(
        self, workspace: str, name: str, body: models.MappingsPauseIn, *, idempotency_key: str | None = None
    ) -> models.Going:
        """Pause a mapping.

        Stop a mapping at once; what is being sent at this moment finishes.
        """
        return self._read(
            models.Going,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/pause",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def resume_mapping(
        self, workspace: str, name: str, body: models.MappingsResumeIn, *, idempotency_key: str | None = None
    ) -> models.Going:
        """Resume a mapping.

        Let a mapping go on, and of what came in meanwhile what `missed` says.
        """
        return self._read(
            models.Going,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/resume",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def export_mappings(self, workspace: str, *, name: str | list[str] | None = None) -> models.ExportedAll:
        """Export mappings.

        Give the documents by which mappings run as YAML, comments included, as they were saved.
        """
        return self._read(
            models.ExportedAll, "GET", f"/api/v1/workspaces/{_part(workspace)}/mapping-documents", query={"name": name}
        )

    def list_mapping_versions(
        self, workspace: str, name: str, *, limit: int | None = None
    ) -> Iterator[models.VersionItem]:
        """List versions of a mapping.

        List the versions of a mapping, newest first: who made them, from what, and what each changed.
        """
        return self._pages(
            models.VersionItem,
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/versions",
            query={"limit": limit},
        )

    def get_mapping_version(self, workspace: str, name: str, number: int) -> models.VersionShown:
        """Show a version of a mapping.

        Show a version with its document, as JSON or, with its comments, as YAML. It never changes.
        """
        return self._read(
            models.VersionShown,
            "GET",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/versions/{_part(number)}",
        )

    def diff_mapping(self, workspace: str, name: str, *, old: int, new: int | None = None) -> models.DiffShown:
        """Compare versions of a mapping.

        Show what a version says otherwise than an older one, setting by setting. Comments and order do not
        count.
        """
        return self._read(
            models.DiffShown,
            "GET",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/diff",
            query={"old": old, "new": new},
        )

    def draw_mapping(self, workspace: str, name: str, *, version: int | None = None) -> dict[str, Any]:
        """Draw a mapping.

        Draw a mapping from its sources to its sinks: as data, for Mermaid, for Graphviz, or as a picture.
        """
        return self._read(
            dict[str, Any],
            "GET",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/graph",
            query={"version": version},
        )

    def rollback_mapping(
        self, workspace: str, name: str, body: models.RollbackIn, *, idempotency_key: str | None = None
    ) -> models.Applied:
        """Go back to an older version.

        Apply an older version of a mapping again: it becomes its newest. What is under way keeps its own
        version.
        """
        return self._read(
            models.Applied,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/rollback",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def draw_document(
        self, workspace: str, body: models.DrawIn, *, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Draw a document.

        Draw a document that is not stored, from its sources to its sinks.
        """
        return self._read(
            dict[str, Any],
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/graph",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def diff_documents(
        self, workspace: str, body: models.DiffIn, *, idempotency_key: str | None = None
    ) -> models.DiffShown:
        """Compare documents.

        Show what a document says otherwise than another, neither of them stored. Comments and order do not
        count.
        """
        return self._read(
            models.DiffShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/mappings/diff",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def show_fixture(self, workspace: str, post: str) -> models.Fixture:
        """Show a post as a fixture.

        Show a stored post as the tests of mappings give it: what readers see of it, without its times.
        """
        return self._read(models.Fixture, "GET", f"/api/v1/workspaces/{_part(workspace)}/posts/{_part(post)}/fixture")

    def list_findings(self) -> models.FindingCodes:
        """List what can be found wrong.

        List the codes of findings, which all come in one page.
        """
        return self._read(models.FindingCodes, "GET", "/api/v1/findings")

    def show_finding(self, code: str) -> models.FindingPage:
        """Tell what a finding means.

        Tell what findings of a code mean and what to do, with an example that has one and the same without
        it.
        """
        return self._read(models.FindingPage, "GET", f"/api/v1/findings/{_part(code)}")

    def tap_mapping(
        self, workspace: str, name: str, *, since: str | None = None, follow: bool | None = None
    ) -> Iterator[Event]:
        """Stream what passes a mapping.

        Stream what each node does with each post, and every try to publish, as server-sent events `line`.
        """
        return self._events(
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/tap",
            query={"since": since, "follow": follow},
        )

    def tap_node(
        self, workspace: str, name: str, node: str, *, since: str | None = None, follow: bool | None = None
    ) -> Iterator[Event]:
        """Stream what passes a node.

        Stream what one node does with each post, as server-sent events `line`; `end` is the last one.
        """
        return self._events(
            f"/api/v1/workspaces/{_part(workspace)}/mappings/{_part(name)}/nodes/{_part(node)}/tap",
            query={"since": since, "follow": follow},
        )

    def list_repositories(self, workspace: str) -> models.Repositories:
        """List repositories of mappings.

        List the repositories that mappings are kept in.
        """
        return self._read(models.Repositories, "GET", f"/api/v1/workspaces/{_part(workspace)}/repositories")

    def add_repository(
        self, workspace: str, body: models.RepositoryIn, *, idempotency_key: str | None = None
    ) -> models.RepositoryShown:
        """Add a repository.

        Add a repository of mappings that is read over https; every commit of it is applied from now on.
        """
        return self._read(
            models.RepositoryShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/repositories",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def get_repository(self, workspace: str, name: str) -> models.RepositoriesStandingShown:
        """Show how a repository stands.

        Show what became of the last commits, and which mappings are kept there: changed elsewhere, or without
        a file.
        """
        return self._read(
            models.RepositoriesStandingShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/repositories/{_part(name)}"
        )

    def remove_repository(self, workspace: str, name: str) -> models.Forgotten:
        """Forget a repository.

        Forget a repository. Its mappings run on, and are changed by hand from then on.
        """
        return self._read(
            models.Forgotten, "DELETE", f"/api/v1/workspaces/{_part(workspace)}/repositories/{_part(name)}"
        )

    def preview_sync(self, workspace: str, name: str, *, idempotency_key: str | None = None) -> models.SyncPreview:
        """Show what a sync would change.

        Show what applying the newest commit would change, and change nothing.
        """
        return self._read(
            models.SyncPreview,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/repositories/{_part(name)}/preview",
            headers={"Idempotency-Key": idempotency_key},
        )

    def sync_repository(
        self, workspace: str, name: str, body: models.SyncIn, *, idempotency_key: str | None = None
    ) -> models.Operation:
        """Sync a repository now.

        Begin to apply what a repository holds now, all of it or nothing; it undoes what was changed by hand.
        """
        return self._read(
            models.Operation,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/repositories/{_part(name)}/sync",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def make_repository_hook(self, workspace: str, name: str, *, idempotency_key: str | None = None) -> models.Hook:
        """Make the secret of a repository's webhook.

        Make the secret with which GitHub, GitLab, Gitea or Forgejo call; an earlier one ends.
        """
        return self._read(
            models.Hook,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/repositories/{_part(name)}/hook",
            headers={"Idempotency-Key": idempotency_key},
        )

    def list_library(self, workspace: str) -> models.Library:
        """List ready-made mappings.

        List the ready-made mappings, with the parameters that they ask for.
        """
        return self._read(models.Library, "GET", f"/api/v1/workspaces/{_part(workspace)}/library")

    def get_library_mapping(self, workspace: str, name: str) -> models.ReadyShown:
        """Show a ready-made mapping.

        Show a ready-made mapping as it is.
        """
        return self._read(models.ReadyShown, "GET", f"/api/v1/workspaces/{_part(workspace)}/library/{_part(name)}")

    def make_from_library(
        self, workspace: str, name: str, body: models.NewIn, *, idempotency_key: str | None = None
    ) -> models.NewShown:
        """Make a document from a ready-made mapping.

        Make a document of one's own, its tests included. It is not stored: `apply` does that.
        """
        return self._read(
            models.NewShown,
            "POST",
            f"/api/v1/workspaces/{_part(workspace)}/library/{_part(name)}",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )

    def list_kinds(self, workspace: str) -> models.Catalogue:
        """List kinds of nodes and accounts.

        List every kind of source, operator, sink and account, with the schema of its settings, limits and an
        example.
        """
        return self._read(models.Catalogue, "GET", f"/api/v1/workspaces/{_part(workspace)}/catalogue")

    def get_kind(self, workspace: str, kind: str) -> models.Catalogue:
        """Show a kind.

        Show the kinds of one name: it may be that of a source, of a sink and of accounts.
        """
        return self._read(models.Catalogue, "GET", f"/api/v1/workspaces/{_part(workspace)}/catalogue/{_part(kind)}")

    def get_mapping_schema(self, workspace: str) -> dict[str, Any]:
        """Give the schema of documents.

        Give the JSON Schema of mappings: every kind that is installed, with its settings.
        """
        return self._read(dict[str, Any], "GET", f"/api/v1/workspaces/{_part(workspace)}/mapping-schema")

    def list_audit(
        self,
        workspace: str,
        *,
        limit: int | None = None,
        by: str | None = None,
        what: str | None = None,
        object: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        sort: models.Order | None = None,
    ) -> Iterator[models.AuditEntry]:
        """List who changed what.

        List the changes that were made in the workspace through the API and the command line, newest first or
        oldest.
        """
        return self._pages(
            models.AuditEntry,
            f"/api/v1/workspaces/{_part(workspace)}/audit",
            query={
                "limit": limit,
                "by": by,
                "what": what,
                "object": object,
                "since": since,
                "until": until,
                "sort": sort,
            },
        )

    def list_mails(self, workspace: str, *, limit: int | None = None) -> Iterator[models.MailShown]:
        """List mails.

        List the workspace's mails, newest first: to whom, and what became of them.
        """
        return self._pages(models.MailShown, f"/api/v1/workspaces/{_part(workspace)}/mails", query={"limit": limit})

    def export_workspace(self, workspace: str) -> Iterator[dict[str, Any]]:
        """Export a workspace.

        Give everything that the workspace holds but secrets: a line that says what it is, then one for each
        row.

        It leaves an entry in the record of changes, as nothing else does that only reads.
        """
        return self._lines(f"/api/v1/workspaces/{_part(workspace)}/export", query={})
