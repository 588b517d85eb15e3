"""Answers for Django REST framework with simple JWT: reads one JSON job from standard input, writes one to standard output.

The job: {"secret", "users": {email: {"id", "password"}}, "requests": [{"view", "body", "type", "authorization"}],
"tokens": [text]}. Every request goes through the stack's own views, without a database; every token through its own three
classes of tokens. The result: {"version", "issued": {"access", "refresh"}, "answers": [...], "verdicts": [...]}.
"""

import json
import sys

import django
from django.conf import settings

job = json.load(sys.stdin)

settings.configure(
    SECRET_KEY=job["secret"],
    ALLOWED_HOSTS=["*"],
    USE_TZ=True,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    AUTHENTICATION_BACKENDS=["__main__.Backend"],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    SIMPLE_JWT={"SIGNING_KEY": job["secret"], "ALGORITHM": "HS256"},
)
django.setup()

from importlib.metadata import version

from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory
from rest_framework.views import APIView
from rest_framework_simplejwt.authentication import JWTTokenUserAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, UntypedToken
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView, TokenVerifyView


class User:
    is_active = True

    def __init__(self, id):
        self.id = id


class Backend:
    def authenticate(self, request, email=None, password=None):
        known = job["users"].get(email)
        return User(known["id"]) if known is not None and known["password"] == password else None


class ByEmail(TokenObtainPairSerializer):
    username_field = "email"


class Create(TokenObtainPairView):
    serializer_class = ByEmail


class Me(APIView):
    authentication_classes = [JWTTokenUserAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"id": request.user.id})


VIEWS = {"create": Create, "refresh": TokenRefreshView, "verify": TokenVerifyView, "me": Me}


def answer(request):
    view = VIEWS[request["view"]]
    authorization = request.get("authorization")
    headers = {} if authorization is None else {"HTTP_AUTHORIZATION": authorization}
    if request["view"] == "me":
        sent = APIRequestFactory().get("/", **headers)
    else:
        sent = APIRequestFactory().generic("POST", "/", request["body"], request["type"], **headers)
    response = view.as_view()(sent)
    response.render()
    return {
        "status": response.status_code,
        "body": response.content.decode(),
        "type": response.headers.get("Content-Type"),
        "challenge": response.headers.get("WWW-Authenticate"),
    }


def verdict(token):
    def judge(kind):
        try:
            return {"claims": kind(token).payload}
        except TokenError as refusal:
            return {"refusal": str(refusal)}

    return {"access": judge(AccessToken), "refresh": judge(RefreshToken), "untyped": judge(UntypedToken)}


refresh = RefreshToken.for_user(User("1"))
json.dump(
    {
        "version": version("djangorestframework-simplejwt"),
        "issued": {"access": str(refresh.access_token), "refresh": str(refresh)},
        "answers": [answer(request) for request in job["requests"]],
        "verdicts": [verdict(token) for token in job["tokens"]],
    },
    sys.stdout,
)
