// Runs graphql-http's server audits against the address given and prints the results as JSON.
import { auditServer } from "graphql-http";

const url = process.argv[2];
if (!url) {
  console.error("usage: node audit.mjs <url of the GraphQL endpoint>");
  process.exit(2);
}

const results = await auditServer({ url });
const plain = await Promise.all(
  results.map(async ({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    answered: status === "ok" ? null : `${response.status} ${await response.text().catch(() => "")}`,
  })),
);
console.log(JSON.stringify(plain));
