// A client of inndx runs, a control plane for web crawls. See README.md.
export { ApiError } from "./error.js";
export { connect } from "./connect.js";
export { items, ok } from "./result.js";
export { followLog, waitRun } from "./wait.js";
