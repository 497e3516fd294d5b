// Node.js wants the whole name of each file that is imported.
export default { input: "schema.json", output: { path: "generated/hey_api", importFileExtension: ".js" } };
