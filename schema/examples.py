"""The operations that GraphiQL opens with, one a tab."""

from schema.graphiql import Example

EXAMPLES = (
    Example("query WhoAmI {\n  viewer { name role }\n  practice { name currency timezone }\n}"),
)
