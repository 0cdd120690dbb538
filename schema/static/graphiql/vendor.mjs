// Copies the published builds, byte for byte but for the pointer to a source map that is not shipped, into assets/,
// and gathers the licence texts of everything that is bundled in them.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const files = {
  "graphiql/graphiql.min.js": "graphiql.min.js",
  "graphiql/graphiql.min.css": "graphiql.min.css",
  "react/umd/react.production.min.js": "react.production.min.js",
  "react-dom/umd/react-dom.production.min.js": "react-dom.production.min.js",
};

mkdirSync("assets", { recursive: true });
for (const [from, to] of Object.entries(files)) {
  const text = readFileSync(join("node_modules", from), "utf8");
  writeFileSync(join("assets", to), text.replace(/\n?\/\/# sourceMappingURL=.*\n?$/, "\n"));
}

const packages = readdirSync("node_modules", { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
  .flatMap((entry) =>
    entry.name.startsWith("@")
      ? readdirSync(join("node_modules", entry.name)).map((name) => `${entry.name}/${name}`)
      : [entry.name],
  )
  .filter((name) => existsSync(join("node_modules", name, "package.json")))
  .sort();

const licences = packages.map((name) => {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(folder, file), "utf8").trim() : `(no text shipped; ${license})`;
  return `${name} ${version} (${license})\n${"-".repeat(72)}\n${text}\n`;
});
writeFileSync("LICENSES.txt", licences.join("\n\n").replace(/\r\n/g, "\n").replace(/[ \t]+$/gm, ""));
console.log(`${Object.keys(files).length} files, ${packages.length} licences`);
