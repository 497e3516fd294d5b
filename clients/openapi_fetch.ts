// The main flow with openapi-fetch, over the types that openapi-typescript makes.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated/openapi_typescript.js";

type Uploaded = components["schemas"]["Uploaded"];

const [baseUrl, path] = process.argv.slice(2) as [string, string];
const photo = new Blob([new Uint8Array(await readFile(path))], { type: "image/jpeg" });
const account = { email: "openapi-fetch@example.com", password: "correct horse battery staple" };
const client = createClient<paths>({ baseUrl });

const registered = await client.POST("/api/register/", { body: { ...account, first_name: "Alice" } });
// Where addresses are verified first there is no user yet, but a sentence.
assert.ok(registered.data && "first_name" in registered.data);
assert.equal(registered.data.first_name, "Alice");
const again = await client.POST("/api/register/", { body: account });
const code: components["schemas"]["ErrorCode"] | undefined = again.error?.code;
assert.equal(code, "unique");

const login = await client.POST("/api/login/", { body: account });
assert.ok(login.data);
const { access, user } = login.data;
client.use({
  onRequest: ({ request }) => {
    request.headers.set("Authorization", `Bearer ${access}`);
  },
});

async function upload(name: string): Promise<Uploaded> {
  const { data, error } = await client.POST("/api/pictures/", {
    // The type of a file in a description is text; the form is made here.
    body: { image: photo as unknown as string, name },
    bodySerializer: (body) => {
      const form = new FormData();
      form.set("image", body.image as unknown as Blob, "photo.jpg");
      form.set("name", body.name ?? "");
      return form;
    },
  });
  assert.ok(data, JSON.stringify(error));
  return data;
}
const pictures = [await upload("first"), await upload("second")];

const query = { page_size: 1, ordering: "name" as const };
const first = await client.GET("/api/pictures/", { params: { query } });
const cursor = new URL(first.data?.next ?? "").searchParams.get("cursor") ?? undefined;
const second = await client.GET("/api/pictures/", { params: { query: { ...query, cursor } } });
const listed = [first, second].flatMap((page) => page.data?.results ?? []).map((picture) => picture.name);
assert.deepEqual(listed, ["first", "second"]);
assert.equal(second.data?.next, null);

const picture_id: number = pictures[0]!.id;
const picture = await client.GET("/api/pictures/{picture_id}/", { params: { path: { picture_id } } });
assert.equal(picture.data?.owner, user.id);
const thumbnail = await fetch(picture.data.thumbnails[0]!.url);
assert.match(thumbnail.headers.get("Content-Type") ?? "", /^image\//);
assert.ok((await thumbnail.arrayBuffer()).byteLength > 0);

const link = await client.POST("/api/pictures/{picture_id}/links/", {
  params: { path: { picture_id } },
  body: { expiring_time_seconds: 300 },
});
const original = await fetch(link.data?.url ?? "");
assert.equal((await original.arrayBuffer()).byteLength, photo.size);
console.log("done");
