export { ApiError, type FieldError } from "./error.js";
export { connect, type Options, type Runs } from "./connect.js";
export { items, ok } from "./result.js";
export { followLog, waitRun } from "./wait.js";
export type { components, operations, paths } from "../schema.js";
