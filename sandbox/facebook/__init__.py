"""Facebook's Graph API v26.0 as far as a company's page needs it, with Meta's ways to refuse.

Sources, read between 29 July and 22 November 2026: developers.facebook.com, "Handling Errors", "Paginated Results",
"Posts" of the Pages API, "Webhooks for Pages", "Rate Limits", "Get Long-Lived Tokens", the changelog of v26.0, and the
field specifications of the business SDK. Where nothing is documented, it is as strict as anybody has seen it to be.

Operations for faults: `token`, `debug_token`, `me`, `accounts`, `page`, `posts` (reading any list), `post`, `feed`,
`photos`, `comments`, `edit`, `delete`, `subscribe`, `permissions`. Their account is the page's id, or a person's.
"""
