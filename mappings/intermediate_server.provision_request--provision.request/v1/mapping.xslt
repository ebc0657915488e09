<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:intermediate_server.provision_request:v1" xmlns="urn:renkei:provision.request:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:provisionRequest">
    <inquiry>
      <processing_number><xsl:value-of select="i:ProcessingNumber"/></processing_number>
      <licence_number><xsl:value-of select="i:Licence/i:LicenceNumber"/></licence_number>
      <licence_for><xsl:value-of select="i:Licence/i:IssuedFor"/></licence_for>
      <licence_until><xsl:value-of select="i:Licence/i:ValidUntil"/></licence_until>
      <route><xsl:value-of select="i:RouteInformation"/></route>
      <inquirer><xsl:value-of select="i:InquirerCode"/></inquirer>
      <procedure><xsl:value-of select="i:ProcedureCode"/></procedure>
      <provider><xsl:value-of select="i:ProviderCode"/></provider>
      <data_item><xsl:value-of select="i:SpecificPersonalInformationCode"/></data_item>
      <integrated_number><xsl:value-of select="i:IntegratedAddressNumber"/></integrated_number>
      <xsl:for-each select="i:ItemCode">
        <item_code><xsl:value-of select="."/></item_code>
      </xsl:for-each>
      <requested_at><xsl:value-of select="i:RequestedAt"/></requested_at>
    </inquiry>
  </xsl:template>
</xsl:stylesheet>
