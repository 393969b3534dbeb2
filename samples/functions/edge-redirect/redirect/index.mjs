// Sends readers of old addresses to the new ones. It runs before CloudFront looks into its cache,
// for every request: keep it short, and ask nobody else.
//
// Try it: invoke "an old address", then "a new address". `workbench urls` has the site's URL.

// Lambda@Edge has no environment variables: what it has to know is in the code.
const moved = new Map([
  ["/about.html", "/about"],
  ["/shop.php", "/shop"],
]);
const blog = /^\/blog\/\d{4}\/\d{2}\/(?<title>[^/]+)\.html$/;

export const handler = async (event) => {
  const { request } = event.Records[0].cf;
  const title = blog.exec(request.uri)?.groups.title;
  const target = moved.get(request.uri) ?? (title && `/articles/${title}`);

  // The request, given back, goes on to the cache and to the origin.
  if (!target) return request;

  const query = request.querystring ? `?${request.querystring}` : "";
  console.log(`${request.uri} is ${target} now`);
  // An answer ends it here: neither the cache nor the origin is asked.
  return {
    status: "301",
    statusDescription: "Moved Permanently",
    headers: {
      // Names in lower case, each with a list: a header may come more than once.
      location: [{ key: "Location", value: target + query }],
      "cache-control": [{ key: "Cache-Control", value: "max-age=3600" }],
    },
  };
};
