// The main flow with the client that @hey-api/openapi-ts makes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { client } from "./generated/hey_api/client.gen.js";
import {
  loginCreate,
  picturesCreate,
  picturesLinksCreate,
  picturesList,
  picturesRetrieve,
  registerCreate,
} from "./generated/hey_api/sdk.gen.js";
import type { ErrorCode } from "./generated/hey_api/types.gen.js";

const [baseUrl, path] = process.argv.slice(2) as [string, string];
const photo = new Blob([new Uint8Array(await readFile(path))], { type: "image/jpeg" });
const account = { email: "hey-api@example.com", password: "correct horse battery staple" };
client.setConfig({ baseUrl });

const registered = await registerCreate({ body: { ...account, first_name: "Alice" } });
// Where addresses are verified first there is no user yet, but a sentence.
assert.ok(registered.data && "first_name" in registered.data);
assert.equal(registered.data.first_name, "Alice");
const again = await registerCreate({ body: account });
const code: ErrorCode | undefined = again.error?.code;
assert.equal(code, "unique");

const login = await loginCreate({ body: account });
assert.ok(login.data);
const { access, user } = login.data;
client.setConfig({ auth: () => access });

async function upload(name: string) {
  const { data, error } = await picturesCreate({ body: { image: photo, name } });
  assert.ok(data, JSON.stringify(error));
  return data;
}
const pictures = [await upload("first"), await upload("second")];

const query = { page_size: 1, ordering: "name" as const };
const first = await picturesList({ query });
const cursor = new URL(first.data?.next ?? "").searchParams.get("cursor") ?? undefined;
const second = await picturesList({ query: { ...query, cursor } });
const listed = [first, second].flatMap((page) => page.data?.results ?? []).map((picture) => picture.name);
assert.deepEqual(listed, ["first", "second"]);
assert.equal(second.data?.next, null);

const picture_id: number = pictures[0]!.id;
const picture = await picturesRetrieve({ path: { picture_id } });
assert.equal(picture.data?.owner, user.id);
const thumbnail = await fetch(picture.data.thumbnails[0]!.url);
assert.match(thumbnail.headers.get("Content-Type") ?? "", /^image\//);
assert.ok((await thumbnail.arrayBuffer()).byteLength > 0);

const link = await picturesLinksCreate({ path: { picture_id }, body: { expiring_time_seconds: 300 } });
const original = await fetch(link.data?.url ?? "");
assert.equal((await original.arrayBuffer()).byteLength, photo.size);
console.log("done");
